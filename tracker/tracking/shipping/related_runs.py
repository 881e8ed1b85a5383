"""Other runs that a run names: the one that it is nested in, and those that its tags link to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tracker.tracking.backend.runs import ensure_run, experiment_of, is_disowned, lifecycle_of, runs_of
from tracker.tracking.backend.writer import log_batch
from tracker.tracking.journal.entries import EXPERIMENT_ID, RUN_ID, Link
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import load_cursor
from tracker.tracking.shipping.destinations import creation_of, destination
from tracker.tracking.shipping.lock import sole_sender

if TYPE_CHECKING:
    from tracker.tracking.backend.client import MlflowClient
    from tracker.tracking.journal.entries import Creation

_PATIENCE_S = 5.0
_PAUSE_S = 0.05


def ensure_nested_run(client: MlflowClient, run: RunFolder, creation: Creation) -> str | None:
    """Find or create a run, in the run that it is nested in.

    Args:
        client: MLflow's client.
        run: The run's folder.
        creation: How the run began.

    Returns:
        MLflow's id of the run; None where a user deleted it.

    Raises:
        BlockingIOError: Another process is about to create the run that it is nested in.
    """
    parent = _run_id_beside(client, run, creation.parent_uid) if creation.parent_uid else ""
    return ensure_run(client, creation, destination(run, creation), parent=parent)


def _run_id_beside(client: MlflowClient, run: RunFolder, run_uid: str) -> str:
    """Return MLflow's id of a run of the same home, created if need be; empty: none, or deleted."""
    other = run.beside(run_uid)
    if not other.exists():
        return ""
    deadline = time.monotonic() + _PATIENCE_S
    while not (cursor := load_cursor(other)).deleted:
        if cursor.run_id and (there := _there(client, cursor.run_id, other)):
            return there
        # Two that create it at once would end with one run, but a child could keep the id of the other.
        with sole_sender(other) as alone:
            if alone:
                if (creation := creation_of(other)) is not None:
                    return ensure_nested_run(client, other, creation) or ""
                if not other.has_writer():
                    # Damaged, or never begun: nobody will create it, and what names it does not wait.
                    return ""
        if time.monotonic() > deadline:
            raise BlockingIOError(f"the run {run_uid} is being sent by another process")
        time.sleep(_PAUSE_S)
    return ""


def _there(client: MlflowClient, run_id: str, run: RunFolder) -> str:
    """Return MLflow's id of a run, or of the one that was kept where this one lost against it.

    Empty where MLflow has none: journals can get another address, and a server another store.
    """
    creation = creation_of(run)
    if creation is None:
        return run_id
    if lifecycle_of(client, run_id, creation.experiment) == "missing":
        return ""
    if not is_disowned(client, run_id, creation):
        return run_id
    return next(iter(runs_of(client, experiment_of(client, run_id), creation.run_uid)), "")


def send_link(client: MlflowClient, run_id: str, run: RunFolder, link: Link) -> None:
    """Set tags that name another run; one that MLflow does not have is named by its `tracker.run_uid`.

    Args:
        client: MLflow's client.
        run_id: MLflow's id of the run that gets the tags.
        run: Its folder.
        link: The tags, and the run that they name.
    """
    experiment_id = experiment_of(client, run_id)
    named = _run_id_beside(client, run, link.run_uid)
    found = [named] if named else runs_of(client, experiment_id, link.run_uid)
    ids = {RUN_ID: found[0] if found else link.run_uid, EXPERIMENT_ID: experiment_id}
    log_batch(client, run_id, tags={key: _filled(text, ids) for key, text in link.tags.items()})


def _filled(text: str, ids: dict[str, str]) -> str:
    for place, value in ids.items():
        text = text.replace(place, value)
    return text
