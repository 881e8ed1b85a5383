"""Why nothing at all can be sent to a store: its file cannot be opened. MLflow is not asked for that."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from tracker.tracking.backend.store_file import Obstacle, obstacle_of
from tracker.tracking.backend.uri import database_file, describe
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import is_sent, load_cursor, save_problem
from tracker.tracking.shipping.destinations import runs_for


def obstacle_to_sending(home: Path, uri: str) -> Obstacle | None:
    """Look what keeps a store from being written; None where nothing does, and for a server.

    Args:
        home: The folder that holds all journals.
        uri: As `resolve_uri` gives it.
    """
    return obstacle_of(uri, to_write=True) or _away(home, uri)


def _away(home: Path, uri: str) -> Obstacle | None:
    """Say that a store that has runs of a home is not there with its whole folder: it is not made again."""
    database = database_file(uri)
    if database is None or database.parent.exists():
        return None
    if not any(load_cursor(run).run_id for run in runs_for(home, uri)):
        return None
    return Obstacle(
        f"is away: {database.parent} is not there",
        "Mount it, or name its new place: tracker sync --from OLD --to NEW.",
        passing=True,
    )


def keep_back(runs: Iterable[RunFolder], uri: str, obstacle: Obstacle) -> bool:
    """Keep why journals cannot be sent; say whether there is anything to send.

    Args:
        runs: The runs that are meant for the store.
        uri: As `resolve_uri` gives it.
        obstacle: What keeps it from being written.
    """
    waiting = [run for run in runs if not is_sent(run)]
    for run in waiting:
        # A disk that is full says enough by itself.
        with suppress(OSError):
            save_problem(run, f"{describe(uri)} {obstacle.problem}. {obstacle.advice}")
    return bool(waiting)
