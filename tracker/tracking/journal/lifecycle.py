"""Whose a run is, and how it ends: claimed with its journal's lock in hand, ended, or abandoned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from tracker.errors import TrackerError, TrackingError
from tracker.interruption import Interrupted
from tracker.records import RunState
from tracker.tracking.journal.entries import Status, Tags
from tracker.tracking.journal.index import JournalIndex
from tracker.tracking.journal.limits import safe_tags
from tracker.tracking.journal.log import Journal, JournalBusy
from tracker.tracking.journal.run_folder import RunFolder, attempts, last_status, run_folder

GENTLY = "interrupted"
"""Why a run ended that was asked to, and kept its state first."""

_ABANDONED = "its process ended without a word"


class RunTaken(TrackingError):
    """A run needs no work: it has finished, or another process is at it.

    Args:
        folder: The run's folder.
        finished: Whether it has finished.
    """

    def __init__(self, folder: RunFolder, *, finished: bool) -> None:
        super().__init__(
            "a run must be one that is left to do",
            but=f"{folder.name} {'has finished' if finished else 'is the work of another process'}",
            do="Run it again with --rerun." if finished else "Wait until it has ended.",
        )
        self.folder = folder
        self.finished = finished


MayGoOn = Callable[[Mapping[str, str]], bool]
"""Asked, with the tags of a run that did not finish, whether it may go on; if not, it is begun anew."""


def always(_tags: Mapping[str, str]) -> bool:
    """Say that every run may go on."""
    return True


def claim(
    home: Path, run_uid: str, *, rerun: bool = False, reopen: bool = False, may_go_on: MayGoOn = always
) -> tuple[Journal, int]:
    """Claim a run that is left to do: one that did not finish, or a new attempt.

    What is left to do is known only with the lock in hand, since another process may have just done it.

    Args:
        home: The folder that holds all journals.
        run_uid: The run's id.
        rerun: Begin a new attempt, unless another process is at the latest one.
        reopen: Claim also a run that has finished.
        may_go_on: Where it says no, a new attempt begins.

    Returns:
        Its journal, held for writing (empty: the run is to begin), and which attempt it is, from 1.

    Raises:
        RunTaken: There is nothing to do.
    """
    latest = max(1, len(list(attempts(home, run_uid))))
    run = run_folder(home, run_uid, latest)
    journal = _hold(run)
    if not journal.found:
        return journal, latest
    left = reopen or last_status(journal.found) is not RunState.FINISHED
    if left and not rerun and may_go_on(JournalIndex(journal.found).tags):
        return journal, latest
    journal.close()
    if not (left or rerun):
        raise RunTaken(run, finished=True)
    following = run_folder(home, run_uid, latest + 1)
    journal = _hold(following)
    if journal.found:
        # Another process was asked for the same, and was faster.
        journal.close()
        raise RunTaken(following, finished=True)
    return journal, latest + 1


def _hold(run: RunFolder) -> Journal:
    try:
        if not run.exists() or not run.has_writer():
            return Journal(run.journal)
    except JournalBusy:
        pass
    raise RunTaken(run, finished=False)


def ending_of(error: BaseException | None) -> tuple[RunState, str]:
    """Return the status that a run ends with, and why.

    Args:
        error: What ended it; None where it ended well.
    """
    if error is None:
        return RunState.FINISHED, ""
    if isinstance(error, TrackerError):
        return RunState.FAILED, str(error)
    if isinstance(error, Interrupted):
        return RunState.KILLED, GENTLY
    if isinstance(error, Exception):
        return RunState.FAILED, f"{type(error).__name__}: {error}"
    return RunState.KILLED, f"interrupted at once ({type(error).__name__})"


def close_abandoned(run: RunFolder) -> bool:
    """Write the end of a run whose process is gone: KILLED, at the time of its last entry.

    Args:
        run: The run's folder.

    Returns:
        Whether the run was abandoned.
    """
    if run.state() is not RunState.INTERRUPTED:
        return False
    last_written = run.journal.stat().st_mtime_ns // 1_000_000
    try:
        journal = Journal(run.journal)
    except TrackingError:
        # Someone has just gone on with it.
        return False
    with journal:
        if not journal.found or last_status(journal.found) is not RunState.RUNNING:
            return False
        journal.write(Status(status=RunState.KILLED, time=last_written, reason=_ABANDONED))
    return True


def recorded_tags(run: RunFolder) -> dict[str, str]:
    """Return the tags of a run, as its journal has them.

    Args:
        run: The run's folder.
    """
    return JournalIndex([line.entry for line in run.lines()]).tags


def retag(run: RunFolder, tags: Mapping[str, str]) -> None:
    """Record tags of a run that has finished; those that it has already are not recorded again.

    Args:
        run: The run's folder.
        tags: Texts, by name.
    """
    with suppress(JournalBusy), Journal(run.journal) as journal:
        known = JournalIndex(journal.found).tags
        new = {key: value for key, value in safe_tags(tags).items() if known.get(key) != value}
        if new:
            journal.write(Tags(values=new))
