"""What is in the files: their digests, and which of them are the same."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracker.io.parallel import parallel_map
from tracker.io.progress import Progress

EMPTY = hashlib.sha256(b"").hexdigest()
"""The digest of a file without content: broken files, not copies of one image."""


@dataclass(frozen=True, slots=True)
class Hashed:
    """What came of reading a file.

    Attributes:
        sha256: The digest of its content, as 64 hexadecimal digits; empty where it cannot be opened.
        problem: Why it cannot be opened; empty where it can.
    """

    sha256: str = ""
    problem: str = ""


def hash_files(paths: Sequence[Path], progress: Progress) -> list[Hashed]:
    """Digest the content of files, on all cores.

    Args:
        paths: The files.
        progress: Called after every file.

    Returns:
        What came of each; a file that cannot be opened stops nothing.
    """
    found: list[Hashed] = []
    for hashed in parallel_map(_hash, paths):
        found.append(hashed)
        progress(len(found), len(paths), "images hashed")
    return found


def _hash(path: Path) -> Hashed:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            # Opening a pipe would wait for whoever writes into it.
            return Hashed(problem=_problem_of_folder(path) if stat.S_ISDIR(mode) else "it is no file")
        with path.open("rb") as file:
            return Hashed(hashlib.file_digest(file, "sha256").hexdigest())
    except OSError as error:
        return Hashed(problem=_reason(path, error))


def _problem_of_folder(folder: Path) -> str:
    try:
        next(folder.iterdir(), None)
    except OSError as error:
        return f"a folder that cannot be looked into: {error.strerror or error}"
    return "it is a folder"


def _reason(path: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"a link to {path.readlink()}: {reason}" if path.is_symlink() else reason


def same_content(files: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Group files whose content is the same.

    Args:
        files: Pairs of (id, SHA-256); empty files are left out.

    Returns:
        The ids of each content that more than one file has.
    """
    by_digest: dict[str, list[str]] = {}
    for name, digest in files:
        if digest != EMPTY:
            by_digest.setdefault(digest, []).append(name)
    return [names for names in by_digest.values() if len(names) > 1]
