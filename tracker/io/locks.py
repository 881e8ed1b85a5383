"""Locks between processes. The kernel holds them: a process that is killed lets go of them."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout, lock_descriptor

from tracker.errors import TrackerError

_POLL_S = 0.02
# Of a lock itself; that its file cannot be opened or made has other numbers.
_NO_LOCKS = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOLCK, errno.EBADF}


class NoLocks(TrackerError):
    """A disk has no locks between processes: some network drives and FUSE, Lustre without `flock`.

    Args:
        path: What was to be locked.
        error: What the system says.
    """

    def __init__(self, path: Path, error: OSError) -> None:
        self.reason = error.strerror or str(error)
        super().__init__(
            f"locks between processes must work in {path.parent}",
            but=f"that disk has none ({self.reason})",
            do="Use a folder on a local disk: TRACKER_HOME for journals, --tracking-uri "
            "sqlite:////FOLDER/mlflow.db for the store.",
        )


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock file, waiting for whoever holds it.

    Args:
        path: The lock file; it is made where it is not there, and never removed: a process that waits on a
            removed file would hold a lock that nobody else sees.

    Raises:
        NoLocks: The disk has no locks.
    """
    lock = _lock(path)
    with _named(path):
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def exclusive_if_free(path: Path) -> Iterator[bool]:
    """Hold a lock file unless another process does, without waiting.

    Args:
        path: The lock file; it is made where it is not there, and never removed.

    Yields:
        Whether this process holds it.

    Raises:
        NoLocks: The disk has no locks.
    """
    lock = _lock(path)
    try:
        with _named(path):
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


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        raise NoLocks(path, error) from error


def lock_open_file(fd: int, path: Path | None = None, *, patience_s: float = 0.0) -> bool:
    """Lock a file or folder that is open, until its descriptor is closed.

    Args:
        fd: Its descriptor; of one file, two descriptors exclude each other.
        path: Its path, to be named where it cannot be locked.
        patience_s: How long to wait for another holder, seconds.

    Returns:
        Whether it is locked now.

    Raises:
        NoLocks: The disk has no locks.
    """
    deadline = time.monotonic() + patience_s
    while not _lock_at_once(fd, path or Path(f"/dev/fd/{fd}")):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _lock_at_once(fd: int, path: Path) -> bool:
    with _named(path):
        return lock_descriptor(fd, blocking=False)
