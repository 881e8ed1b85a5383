"""What is wrong with the names of an archive's members, before any of them becomes a file."""

from __future__ import annotations

import re
import stat
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

_DRIVE = re.compile(r"^[A-Za-z]:")
_ENCRYPTED = 0x1
# Bytes of a name and of a path, of all disks and systems that are in use.
_LONGEST_NAME, _LONGEST_PATH = 255, 3000
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def path_of(entry: zipfile.ZipInfo) -> str:
    """Return the path of a member below the folder that it is unpacked into.

    Args:
        entry: A member of an archive.
    """
    return entry.filename.replace("\\", "/")


def dangers_of(entries: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Return what is wrong with members, a line each; empty where nothing is.

    Args:
        entries: Those that are to be unpacked.
    """
    folders = {str(above) for entry in entries for above in _folders_above(entry)}
    names = Counter(_same_on_some_disk(path_of(entry)) for entry in entries if not entry.is_dir())
    told = []
    for entry in entries:
        dangers = [danger for danger, holds in _dangers(entry, folders, names).items() if holds]
        if dangers:
            told.append(f"{_shown(entry)}: {', '.join(dangers)}")
    return told


def _dangers(entry: zipfile.ZipInfo, folders: set[str], names: Counter[str]) -> dict[str, bool]:
    path, kind = path_of(entry), stat.S_IFMT(entry.external_attr >> 16)
    parts = PurePosixPath(path).parts
    # As it is in the archive: Python cuts a name off where it has a NUL.
    whole = getattr(entry, "orig_filename", entry.filename)
    return {
        "a name with characters that nobody can see": not whole.isprintable(),
        "a name that is none": not parts,
        "a name that is too long": _too_long(path, parts),
        "the name of a device": any(_DEVICE.fullmatch(part) for part in parts),
        "an absolute path": path.startswith("/"),
        "a path with a drive letter": bool(_DRIVE.match(path)),
        "a path that leads out of the folder": ".." in parts,
        "a link": kind == stat.S_IFLNK,
        "neither file nor folder": kind not in {0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK},
        "encrypted": bool(entry.flag_bits & _ENCRYPTED),
        "a file and a folder": not entry.is_dir() and str(PurePosixPath(path)) in folders,
        "more than once in it, on some disks": not entry.is_dir() and names[_same_on_some_disk(path)] > 1,
    }


def _folders_above(entry: zipfile.ZipInfo) -> Sequence[PurePosixPath]:
    path = PurePosixPath(path_of(entry))
    return [*path.parents, path] if entry.is_dir() else list(path.parents)


def _same_on_some_disk(path: str) -> str:
    """Return what names have in common that are one file where case, or the way of an accent, counts not."""
    return unicodedata.normalize("NFKC", str(PurePosixPath(path))).casefold()


def _too_long(path: str, parts: Sequence[str]) -> bool:
    return len(_bytes(path)) > _LONGEST_PATH or any(len(_bytes(part)) > _LONGEST_NAME for part in parts)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _shown(entry: zipfile.ZipInfo) -> str:
    name = entry.filename if len(entry.filename) <= 100 else f"{entry.filename[:100]}..."
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)
