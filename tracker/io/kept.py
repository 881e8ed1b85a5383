"""Folders of the cache, made once and looked at before each use: scratch disks are purged file by file.

The names and sizes of a folder's files are written into it last. What is missing or of another size since has
the whole folder made again, from the same things in the same way: what is computed from it stays the same.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

from tracker.io.cache import atomic_folder, locked

CONTENTS = ".contents.json"

Proof = Callable[[Path], bool]
"""Says whether the files of a folder fit each other; what it raises of files that it cannot read says no."""

_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)
_log = logging.getLogger(__name__)


def kept_folder(folder: Path, make: Callable[[Path], None], *, fits: Proof, what: str) -> Path:
    """Return a folder of the cache; make it where it is not there, or not whole any more.

    Args:
        folder: Its path.
        make: Fills a new folder, which then takes its place; also tells how far it is.
        fits: Also asked where earlier versions made the folder and wrote down no contents.
        what: What is in it, as a plural, for the note that it is made again.

    Raises:
        DataError: The disk is full or may not be written to.
    """
    if is_whole(folder, fits):
        return folder
    with locked(folder):
        if not is_whole(folder, fits):
            if folder.exists():
                _log.warning("  note: kept %s are not whole any more (%s): they are made again", what, folder)
            with atomic_folder(folder, replace=True) as temporary:
                make(temporary)
                _write_contents(temporary)
    return folder


def is_whole(folder: Path, fits: Proof) -> bool:
    """Say whether a folder has all its files, each as long as it was written.

    Args:
        folder: It need not be there.
        fits: Asked of a folder that has all.
    """
    try:
        return folder.is_dir() and _has_all(folder) and fits(folder)
    except _UNREADABLE:
        return False


def _has_all(folder: Path) -> bool:
    contents = folder / CONTENTS
    if not contents.exists():
        return True
    listed = json.loads(contents.read_text(encoding="utf-8"))
    return all((folder / name).stat().st_size == size for name, size in listed.items())


def _write_contents(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
    (folder / CONTENTS).write_text(json.dumps(sizes), encoding="utf-8")
