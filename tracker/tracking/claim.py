"""Whose a run is: the process that holds its journal's lock, and nobody else's."""

from __future__ import annotations

from pathlib import Path

from tracker.errors import TrackingError
from tracker.tracking.home import attempts, last_status, run_folder
from tracker.tracking.journal import JOURNAL, Journal, JournalBusy, has_writer


class RunTaken(TrackingError):
    """A run needs no work: it has finished, or another process is at it.

    Args:
        folder: The run's folder.
        finished: Whether it has finished.
    """

    def __init__(self, folder: Path, *, finished: bool) -> None:
        super().__init__(
            "a run must be one that is left to do",
            but=f"{folder.name} {'has finished' if finished else 'is the work of another process'}",
            do="Run it again with --rerun." if finished else "Wait until it has ended.",
        )
        self.folder = folder
        self.finished = finished


def claim(home: Path, run_uid: str, *, rerun: bool = False, reopen: bool = False) -> tuple[Journal, int]:
    """Take hold of a run that is left to do: one that did not finish, or a new attempt.

    What is left to do is known only with the lock in hand, since another process may have just done it.

    Args:
        home: The folder that holds all journals.
        run_uid: The run's id.
        rerun: Begin a new attempt, unless another process is at the latest one.
        reopen: Take also a run that has finished.

    Returns:
        Its journal, held for writing (empty: the run is to begin), and which attempt it is, from 1.

    Raises:
        RunTaken: There is nothing to do.
    """
    latest = max(1, len(list(attempts(home, run_uid))))
    journal = _hold(run_folder(home, run_uid, latest))
    if not journal.found:
        return journal, latest
    if not rerun and (reopen or last_status(journal.found) != "FINISHED"):
        return journal, latest
    journal.close()
    if not rerun:
        raise RunTaken(journal.path.parent, finished=True)
    following = _hold(run_folder(home, run_uid, latest + 1))
    if following.found:
        # Another process was asked for the same, and was faster.
        following.close()
        raise RunTaken(following.path.parent, finished=True)
    return following, latest + 1


def _hold(folder: Path) -> Journal:
    journal = folder / JOURNAL
    try:
        if not journal.exists() or not has_writer(journal):
            return Journal(journal)
    except JournalBusy:
        pass
    raise RunTaken(folder, finished=False)
