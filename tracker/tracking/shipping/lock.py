"""One process at a time sends a journal.

Two that overlap could send an old KILLED after a newer FINISHED, and each could save a position that the
other has left behind.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from tracker.io.locks import exclusive_if_free

DELIVERY_LOCK = "delivery.lock"


def sole_sender(folder: Path) -> AbstractContextManager[bool]:
    """Hold the right to send a run's journal and to change its position, without waiting for it.

    The kernel holds the lock: a process that is killed lets go of it.

    Args:
        folder: The run's folder.

    Returns:
        A context whose value says whether this process has the right; False: another one is sending it.
    """
    return exclusive_if_free(folder / DELIVERY_LOCK)
