"""One process at a time sends a journal.

Two that overlap could send an old KILLED after a newer FINISHED, and each could save a position that the
other has left behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

DELIVERY_LOCK = "delivery.lock"


@contextmanager
def sole_sender(folder: Path) -> Iterator[bool]:
    """Hold the right to send a run's journal and to change its position, without waiting for it.

    The kernel holds the lock: a process that is killed lets go of it.

    Args:
        folder: The run's folder.

    Yields:
        Whether this process has the right; False: another one is sending it.
    """
    lock = FileLock(folder / DELIVERY_LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
