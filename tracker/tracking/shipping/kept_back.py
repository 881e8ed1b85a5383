"""Why nothing at all can be sent to a store: its file cannot be opened. MLflow is not asked for that."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from tracker.tracking.backend.store_file import Obstacle, obstacle_of
from tracker.tracking.backend.uri import describe
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import is_sent, save_problem


def obstacle_to_sending(uri: str) -> Obstacle | None:
    """Look what keeps a store from being written; None where nothing does, and for a server.

    Args:
        uri: As `resolve_uri` gives it.
    """
    return obstacle_of(uri, to_write=True)


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
