"""Files that are there whole or not at all: written under another name, synced, renamed."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from tracker.tracking.journal import sync_folder


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, in the place of an older one.

    Args:
        path: The file; its folder is made where it is not there.
        data: Its content.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two shippers may save the same position at once: each has a temporary file of its own.
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    sync_folder(path.parent)


def copy_whole(source: Path, target: Path) -> None:
    """Copy a folder with all that is in it, in the place of an older one.

    Args:
        source: The folder to copy.
        target: What it is called then; its parent is there.
    """
    unfinished = target.with_name(f"{target.name}.tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(source, unfinished, copy_function=_copy_synced)
    shutil.rmtree(target, ignore_errors=True)
    unfinished.rename(target)
    sync_folder(target.parent)


def _copy_synced(source: str, target: str) -> str:
    shutil.copy2(source, target)
    with Path(target).open("rb") as file:
        os.fsync(file.fileno())
    return target


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
