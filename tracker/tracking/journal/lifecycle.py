"""Whose a run is, and how it ends: claimed with its journal's lock in hand, ended, or abandoned."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tracker.errors import TrackerError, TrackingError
from tracker.interruption import Interrupted
from tracker.tracking.journal.entries import RunStatus, Status, Tags
from tracker.tracking.journal.index import Said
from tracker.tracking.journal.limits import safe_tags
from tracker.tracking.journal.log import JOURNAL, Journal, JournalBusy, has_writer
from tracker.tracking.journal.run_folder import attempts, last_status, local_run, run_folder


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


def ending_of(error: BaseException | None) -> tuple[RunStatus, str]:
    """Return the status that a run ends with, and why.

    Args:
        error: What ended it; None where it ended well.
    """
    if error is None:
        return "FINISHED", ""
    if isinstance(error, TrackerError):
        return "FAILED", str(error)
    if isinstance(error, Interrupted):
        return "KILLED", "interrupted"
    if isinstance(error, Exception):
        return "FAILED", f"{type(error).__name__}: {error}"
    return "KILLED", f"interrupted at once ({type(error).__name__})"


_REASON = "its process ended without a word"


def close_abandoned(folder: Path) -> bool:
    """Write the end of a run whose process is gone: KILLED, at the time of its last entry.

    Args:
        folder: The run's folder.

    Returns:
        Whether the run was abandoned.
    """
    run = local_run(folder)
    if run is None or run.state != "UNFINISHED":
        return False
    last_written = (folder / JOURNAL).stat().st_mtime_ns // 1_000_000
    try:
        journal = Journal(folder / JOURNAL)
    except TrackingError:
        # Someone has just gone on with it.
        return False
    with journal:
        if not journal.found or last_status(journal.found) != "RUNNING":
            return False
        journal.write(Status(status="KILLED", time=last_written, reason=_REASON))
    return True


def retag(folder: Path, tags: Mapping[str, str]) -> None:
    """Record tags of a run that has finished; those that it has already are not recorded again.

    Args:
        folder: The run's folder.
        tags: Texts, by name.
    """
    with suppress(JournalBusy), Journal(folder / JOURNAL) as journal:
        known = Said(journal.found).tags
        new = {key: value for key, value in safe_tags(tags).items() if known.get(key) != value}
        if new:
            journal.write(Tags(values=new))
