"""Files that are there whole or not at all: written under another name, synced, renamed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_whole(path: Path, data: bytes | memoryview) -> None:
    """Write a file, in the place of an older one.

    Args:
        path: The file; its folder is made where it is not there.
        data: Its content.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two processes may write the same file at once: each has a temporary one of its own.
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        # On a full disk, what was written of it takes the room of something else.
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


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


def sync_folder(folder: Path) -> None:
    """Have the disk hold a folder's names, so that a new or renamed file is still there after a crash.

    Args:
        folder: The folder that the file is in.
    """
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
