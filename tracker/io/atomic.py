"""Files that are there whole or not at all: written under another name, synced, renamed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path


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
    os.fsync(file.fileno())
    Path(str(file.name)).replace(path)
    sync(path.parent)


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
    finally:
        unfinished.unlink()


def sync(path: Path) -> None:
    """Sync a file, or a folder's entries, to disk: what is new or renamed is then there after a crash.

    Args:
        path: The file, or the folder that it is in.
    """
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
