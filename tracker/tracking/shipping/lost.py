"""Runs that MLflow had, and has no more: its database is gone or another one, or a user deleted them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from tracker.errors import TrackingError, counted
from tracker.io.short_path import short_path
from tracker.tracking.backend.client import reading
from tracker.tracking.backend.experiments import deleted_runs
from tracker.tracking.backend.restoring import restoring
from tracker.tracking.backend.uri import database_file, describe, is_there
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import load_cursor
from tracker.tracking.shipping.destinations import creation_of, destinations, runs_for

_NOT_IN_JOURNALS = "names, notes and deletions that were made in MLflow itself are not in them"


def lost_stores(home: Path, uris: Iterable[str] | None = None) -> list[str]:
    """Return which embedded stores are gone that had runs of a home, and what to type, a line each.

    Args:
        home: The folder that holds all journals.
        uris: The stores and servers that its runs are meant for; None: they are looked up.
    """
    told = []
    for uri in destinations(home) if uris is None else uris:
        try:
            check_not_lost(home, uri)
        except TrackingError as error:
            told.append(str(error))
    return told


def check_not_lost(home: Path, uri: str) -> None:
    """Refuse an embedded store whose file is gone while the journals of its runs are here.

    Args:
        home: The folder that holds all journals.
        uri: As `resolve_uri` gives it.

    Raises:
        TrackingError: The file is gone; says how it is built again.
    """
    database = database_file(uri)
    if database is None or is_there(uri):
        return
    runs = [run for run in runs_for(home, uri) if load_cursor(run).offset]
    if runs:
        raise TrackingError(
            f"{short_path(database)} must hold runs",
            but=f"that file is gone, while the journals of {counted(len(runs), 'run')} that it had are in "
            f"{short_path(home)}",
            do=f"Build it again from them: tracker sync ({_NOT_IN_JOURNALS}).",
        )


def check_not_emptied(home: Path, uri: str, experiment: str | None = None) -> None:
    """Refuse a store without an experiment of which runs were sent to it from here.

    Args:
        home: The folder that holds all journals.
        uri: As `resolve_uri` gives it.
        experiment: The experiment; None: any, as the store has none at all.

    Raises:
        TrackingError: It was emptied, or another one is in its place.
    """
    runs = [run for run in runs_for(home, uri) if _sent_as(run, experiment)]
    if runs:
        raise TrackingError(
            f"{describe(uri)} must hold the runs that were sent to it",
            but=f"it has none of {counted(len(runs), 'run')} whose journals are in {short_path(home)}",
            do=f"Send them again: tracker sync --all ({_NOT_IN_JOURNALS}).",
        )


def lost_runs(home: Path, uri: str, experiment: str, there: Collection[str]) -> list[str]:
    """Return what became of runs that were sent and are not shown any more, and what to type, a line each.

    Args:
        home: The folder that holds all journals.
        uri: As `resolve_uri` gives it.
        experiment: The experiment that was read.
        there: MLflow's ids of the runs that it shows.
    """
    lost = [
        run_id for run in runs_for(home, uri) if (run_id := _sent_as(run, experiment)) not in {"", *there}
    ]
    if not lost:
        return []
    known = _deleted(uri, experiment)
    deleted, gone = [one for one in lost if one in known], [one for one in lost if one not in known]
    told = []
    if gone:
        told.append(
            f"{counted(len(gone), 'run')} of {experiment!r} that {_was(gone)} sent to {describe(uri)} "
            f"{_is(gone)} not there any more: tracker sync --all sends {_them(gone)} again"
        )
    if deleted:
        told.append(
            f"{counted(len(deleted), 'run')} of {experiment!r} {_was(deleted)} deleted in MLflow: "
            f"{restoring('runs', f'--run-id {deleted[0]}', uri)} brings {_one(deleted)} back"
        )
    return told


def _sent_as(run: RunFolder, experiment: str | None) -> str:
    """Return MLflow's id of a run of an experiment, or of any, that was sent; empty of all others."""
    creation = creation_of(run)
    ours = creation is not None and experiment in (None, creation.experiment)
    return load_cursor(run).run_id if ours else ""


def _deleted(uri: str, experiment: str) -> set[str]:
    """Return MLflow's ids of the runs of an experiment that a user deleted."""
    with reading(uri, experiment) as client:
        return deleted_runs(client, experiment)


def _was(runs: Sequence[str]) -> str:
    return "was" if len(runs) == 1 else "were"


def _is(runs: Sequence[str]) -> str:
    return "is" if len(runs) == 1 else "are"


def _them(runs: Sequence[str]) -> str:
    return "it" if len(runs) == 1 else "them"


def _one(runs: Sequence[str]) -> str:
    return "it" if len(runs) == 1 else "the first of them"
