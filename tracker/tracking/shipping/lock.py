"""One process at a time sends a journal.

Two that overlap could send an old KILLED after a newer FINISHED, and each could save a cursor that the
other has left behind.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from tracker.io.locks import exclusive_if_free
from tracker.tracking.journal.run_folder import RunFolder


def sole_sender(run: RunFolder) -> AbstractContextManager[bool]:
    """Hold the right to send a run's journal and to move its cursor, without waiting for it.

    The kernel holds the lock: a process that is killed lets go of it.

    Args:
        run: The run's folder.

    Returns:
        A context whose value says whether this process has the right; False: another one is sending it.
    """
    return exclusive_if_free(run.delivery_lock)
