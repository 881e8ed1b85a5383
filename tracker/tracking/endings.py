"""What a run is when its recorder is left: by an error, by an interruption, or well."""

from __future__ import annotations

from tracker.errors import TrackerError
from tracker.interruption import Interrupted
from tracker.tracking.entries import RunStatus


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
