"""Files that are there whole or not at all: written under another name, synced, renamed.

Disks differ: exFAT has no hard links, some network drives and FUSE sync no folders, or rename over no file.
What they lack is done in another way.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from tracker.io.locks import exclusive

_LACKING = {errno.EPERM, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What systems say of a call that a disk does not know."""

_NO_SYNC = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
_NO_FOLDER_SYNC = _NO_SYNC | {errno.EBADF, errno.EACCES, errno.EPERM, errno.EISDIR}
_NO_LINKS = _LACKING | {errno.EMLINK, errno.EACCES}
_NOT_TO_BE_LINKED = _NO_LINKS | {errno.EXDEV}
_NO_RENAME_OVER = _LACKING | {errno.EEXIST}
_WRITING = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, in the place of an older one.

    Args:
        path: The file; its folder is made where it is not there.
        data: Its content.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with unfinished_file(path) as file:
        write_all(file, data)
        name_whole(file, path)


@contextmanager
def unfinished_file(path: Path) -> Iterator[FileIO]:
    """Open a file that is to become another one; where the block does not give it its name, it is removed.

    Args:
        path: What it is to become, by `name_whole`; its folder is there.

    Yields:
        An empty file beside it, without a buffer.
    """
    # Two processes may write the same file at once: each has a temporary one of its own.
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with unfinished.open("wb", buffering=0) as file:
            yield file
    finally:
        # On a full disk, what was written of it takes the room of something else.
        unfinished.unlink(missing_ok=True)


def write_all(file: FileIO, data: bytes) -> None:
    """Write all of some data; on a disk that is nearly full, one call to the system takes a part of it.

    Args:
        file: Without a buffer.
        data: What to append.

    Raises:
        OSError: The disk does not take it.
    """
    left = memoryview(data)
    while left:
        left = left[os.write(file.fileno(), left) :]


def name_whole(file: FileIO, path: Path) -> None:
    """Sync an unfinished file to disk, then rename it.

    Args:
        file: From `unfinished_file`, with all its content.
        path: Its final path.
    """
    sync_open_file(file.fileno())
    rename_over(Path(str(file.name)), path)
    sync(path.parent)


def rename_over(new: Path, old: Path) -> None:
    """Rename a file, in the place of an older one; where a disk cannot do that in one step, in two.

    Args:
        new: The file.
        old: Its new path.
    """
    try:
        new.replace(old)
    except OSError as error:
        if error.errno not in _NO_RENAME_OVER or not old.is_file():
            raise
        aside = old.rename(old.with_name(f"{old.name}.{secrets.token_hex(4)}.tmp"))
        try:
            new.rename(old)
        except OSError:
            aside.rename(old)
            raise
        aside.unlink()


def write_once(path: Path, data: bytes) -> None:
    """Write a file if it is not there; of several processes at once, one wins whole.

    Args:
        path: The file; its folder is made where it is not there.
        data: Its content.
    """
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    write_whole(unfinished, data)
    try:
        os.link(unfinished, path)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _rename_once(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def share(source: Path, target: Path) -> None:
    """Have a file at a second place, too, in the place of an older one; a copy where it cannot be linked.

    A file with two names can only be read: whoever wrote into one would change the other. Either can be
    removed, and another file can be put in its place.

    Args:
        source: The file; it is never written again.
        target: Its second path; its folder is made where it is not there.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        source.chmod(stat.S_IMODE(source.stat().st_mode) & ~_WRITING)
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NOT_TO_BE_LINKED:
            raise
        shutil.copyfile(source, target)


def _rename_once(unfinished: Path, path: Path) -> None:
    with exclusive(path.with_name(f".{path.name}.lock")):
        if not path.exists():
            unfinished.rename(path)


def sync(path: Path) -> None:
    """Sync a file, or a folder's entries, to disk: what is new or renamed is then there after a crash.

    Args:
        path: The file, or the folder that it is in; a disk that syncs no folders goes on without.
    """
    accepted = _NO_FOLDER_SYNC if path.is_dir() else _NO_SYNC
    try:
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError as error:
        if error.errno not in accepted:
            raise


def sync_open_file(fd: int) -> None:
    """Wait until the disk holds what was written to a file, unless the disk knows no such waiting.

    Args:
        fd: The descriptor of a file that is open.
    """
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
