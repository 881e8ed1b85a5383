"""Locks between processes. The kernel holds them: a process that is killed lets go of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout, lock_descriptor

_POLL_S = 0.02


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock file, waiting for whoever holds it.

    Args:
        path: The lock file; it is made where it is not there, and never removed: a process that waits on a
            removed file would hold a lock that nobody else sees.
    """
    with _lock(path):
        yield


@contextmanager
def exclusive_if_free(path: Path) -> Iterator[bool]:
    """Hold a lock file unless another process does, without waiting.

    Args:
        path: The lock file; it is made where it is not there, and never removed.

    Yields:
        Whether this process holds it.
    """
    lock = _lock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _lock(path: Path) -> BaseFileLock:
    # Without the kernel's locks, filelock would write a host's name and a process's number into the file: in
    # two containers these say nothing, and the lock of one that was replaced would stay.
    return FileLock(path, fallback_to_soft=False)


def lock_open_file(fd: int, *, patience_s: float = 0.0) -> bool:
    """Lock a file or folder that is open, until its descriptor is closed.

    Args:
        fd: Its descriptor; of one file, two descriptors exclude each other.
        patience_s: How long to wait for another holder, seconds.

    Returns:
        Whether it is locked now.
    """
    deadline = time.monotonic() + patience_s
    while not lock_descriptor(fd, blocking=False):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_S)
    return True
