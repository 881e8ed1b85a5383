"""Runs whose process died without saying how they ended."""

from __future__ import annotations

from pathlib import Path

from tracker.errors import TrackingError
from tracker.tracking.entries import Status
from tracker.tracking.home import last_status, local_run
from tracker.tracking.journal import JOURNAL, Journal

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
