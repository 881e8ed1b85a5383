"""Folders of the cache, made once and looked at before each use: scratch disks are purged file by file.

What is missing or of another size since has the whole folder made again, from the same things in the same
way: what is computed from it stays the same. Most folders prove by their own shape that they are whole; for
others the names and sizes of their files are kept beside them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

from tracker.io.atomic import write_whole
from tracker.io.cache import atomic_folder, locked

Proof = Callable[[Path], bool]
"""Says whether the files of a folder fit each other; what it raises of files that it cannot read says no."""

_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)
_log = logging.getLogger(__name__)


def kept_folder(folder: Path, make: Callable[[Path], None], *, fits: Proof, what: str) -> Path:
    """Return a folder of the cache; make it where it is not there, or not whole any more.

    Args:
        folder: Its path.
        make: Fills a new folder, which then takes its place; also tells how far it is.
        fits: Says whether it is whole, of folders that earlier versions made, too.
        what: What is in it, as a plural, for the note that it is made again.

    Raises:
        DataError: The disk is full or may not be written to.
    """
    if is_whole(folder, fits):
        return folder
    with locked(folder):
        if not is_whole(folder, fits):
            tell_if_torn(folder, what)
            with atomic_folder(folder, replace=True) as temporary:
                make(temporary)
    return folder


def is_whole(folder: Path, fits: Proof) -> bool:
    """Say whether a folder is there, and all that belongs into it.

    Args:
        folder: It need not be there.
        fits: Asked of a folder that is.
    """
    try:
        return folder.is_dir() and fits(folder)
    except _UNREADABLE:
        return False


def tell_if_torn(folder: Path, what: str) -> None:
    """Say of a folder that is there that it is made again.

    Args:
        folder: A folder that is not whole.
        what: What is in it, as a plural.
    """
    if folder.exists():
        _log.warning("kept %s are not whole any more (%s): they are made again", what, folder)


def keep_contents(folder: Path, final: Path) -> None:
    """Write down the names and sizes of a folder's files, beside its final path.

    Args:
        folder: The folder, with all its files.
        final: What it is about to be named.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
    write_whole(_contents_of(final), json.dumps(sizes).encode())


def has_contents(folder: Path) -> bool:
    """Say whether all files are there that were written down, as long as they were; True where none were.

    Args:
        folder: A folder that is there.
    """
    try:
        listed = json.loads(_contents_of(folder).read_bytes())
    except (FileNotFoundError, ValueError):
        return True
    return all((folder / name).stat().st_size == size for name, size in listed.items())


def _contents_of(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.contents.json")
