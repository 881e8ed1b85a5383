"""Where derived files are kept, and how a folder comes into being whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

import platformdirs

from tracker.errors import DataError
from tracker.io.atomic import sync
from tracker.io.locks import NoLocks, exclusive, lock_open_file

_DISK_ERRNOS = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
    *(errno.EACCES, errno.EROFS, errno.EPERM),
}


def cache_dir() -> Path:
    """Name the folder of everything that can be made again: `TRACKER_CACHE`, or the user's cache.

    Raises:
        DataError: TRACKER_CACHE begins with the home folder of nobody on this machine.
    """
    chosen = os.environ.get("TRACKER_CACHE")
    if not chosen:
        return platformdirs.user_cache_path("tracker")
    try:
        return Path(chosen).expanduser().absolute()
    except RuntimeError:
        raise DataError(
            "TRACKER_CACHE must be a folder of this machine",
            but=f"nobody has the name that follows ~ in {chosen}",
            do="Set it to another folder.",
        ) from None


def existing(path: Path) -> Path:
    """Return what is there of a path: itself, or the nearest folder above it.

    Args:
        path: An absolute path.
    """
    return next(parent for parent in (path, *path.parents) if parent.exists())


def require_space(folder: Path, needed: int, what: str) -> None:
    """Check that a disk has room.

    Args:
        folder: A folder on that disk; it need not exist yet.
        needed: How many bytes are to be written.
        what: What is to be written.

    Raises:
        DataError: Less than that is free.
    """
    free = shutil.disk_usage(existing(folder)).free
    if free < needed:
        raise DataError(
            f"{what} needs {_gigabytes(needed)} free in {folder}",
            but=f"{_gigabytes(free)} {'is' if free else 'are'} left",
            do="Make room, or set TRACKER_CACHE to a folder on a larger disk.",
        )


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.2f} GB"


@contextmanager
def locked(final: Path) -> Iterator[None]:
    """Hold the lock of something that one process at a time makes; wait for whoever holds it.

    Args:
        final: What is made; the lock is a hidden file beside it.

    Yields:
        Nothing: the lock is held inside the block.
    """
    with ExitStack() as held:
        with _disk_errors(final):
            final.parent.mkdir(parents=True, exist_ok=True)
            # On a disk without locks two processes may do the same work; either's result is whole.
            with suppress(NoLocks):
                held.enter_context(exclusive(final.parent / f".{final.name}.lock"))
        yield


@contextmanager
def atomic_folder(final: Path, *, replace: bool = False) -> Iterator[Path]:
    """Make a folder whose existence means that it is complete.

    It is written under a temporary name beside the final one, synced to disk and renamed. Where
    another process was quicker, its folder stays and this one is dropped; where the block raises,
    nothing is left.

    Args:
        final: The folder's final path.
        replace: Take the place of a folder that is there; the lock of `final` is held.

    Yields:
        The temporary folder, to be filled.

    Raises:
        DataError: The disk is full or may not be written to.
    """
    with _disk_errors(final), _unfinished_folder(final) as temporary:
        yield temporary
        _sync_tree(temporary)
        if replace:
            _move_aside(final)
        _rename_unless_there(temporary, final)


def writing_into(folder: Path) -> AbstractContextManager[None]:
    """Name the cache's disk, as long as the block lasts, where it is full or may not be written to.

    Args:
        folder: A folder of the cache; the block writes nowhere else.
    """
    return _disk_errors(folder)


@contextmanager
def _unfinished_folder(final: Path) -> Iterator[Path]:
    """Make a folder beside a final one, and remove it after the block; those of killed processes go first."""
    final.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(final)
    temporary = Path(tempfile.mkdtemp(prefix=_prefix(final), dir=final.parent))
    descriptor = os.open(temporary, os.O_RDONLY)
    try:
        # Held while we live: this is how others tell a folder in the making from an abandoned one.
        with suppress(NoLocks):
            lock_open_file(descriptor, temporary)
        yield temporary
    finally:
        os.close(descriptor)
        shutil.rmtree(temporary, ignore_errors=True)


def _prefix(final: Path) -> str:
    return f".{final.name}.making-"


def _remove_abandoned(final: Path) -> None:
    for folder in final.parent.glob(f"{_prefix(final)}*"):
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            # Without locks, nobody knows whether it is abandoned.
            with suppress(NoLocks):
                if lock_open_file(descriptor, folder):
                    shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)


def _sync_tree(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        sync(path)


def _move_aside(final: Path) -> None:
    """Have a folder be one that nobody makes any more: it is removed like those of killed processes."""
    if not final.exists():
        return
    aside = Path(tempfile.mkdtemp(prefix=_prefix(final), dir=final.parent))
    final.rename(aside / final.name)
    shutil.rmtree(aside, ignore_errors=True)


def _rename_unless_there(temporary: Path, final: Path) -> None:
    with suppress(OSError):
        # Some disks have no rights of their own.
        temporary.chmod(0o755)
    try:
        temporary.rename(final)
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
            raise
    sync(final.parent)


@contextmanager
def _disk_errors(final: Path) -> Iterator[None]:
    """Raise a disk that is full or may not be written to as a DataError."""
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK_ERRNOS:
            raise
        if error.errno == errno.EFBIG:
            raise DataError(
                f"files in {final.parent} must be as large as they need to be",
                but=f"the system says: {error.strerror}",
                do="Lift the limit of their size (ulimit -f unlimited), or take a smaller network.",
            ) from error
        raise DataError(
            f"{final.parent} must be writable and have room",
            but=f"the system says: {error.strerror}",
            do="Make room, or set TRACKER_CACHE to another folder.",
        ) from error
