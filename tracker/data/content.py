"""What is in the files: their digests, and which of them are the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from tracker.errors import DataError, listed
from tracker.io.parallel import parallel_map
from tracker.io.progress import Progress

EMPTY = hashlib.sha256(b"").hexdigest()
"""The digest of a file without content: broken files, not copies of one image."""


def hash_files(paths: Sequence[Path], progress: Progress) -> list[str]:
    """Digest the content of files, on all cores.

    Args:
        paths: The files.
        progress: Called after every file.

    Returns:
        SHA-256 of each, as 64 hexadecimal digits.

    Raises:
        DataError: Some files cannot be opened; lists them.
    """
    digests: list[str] = []
    problems: list[str] = []
    for path, (digest, problem) in zip(paths, parallel_map(_digest_or_problem, paths), strict=True):
        digests.append(digest)
        problems += [f"{path}: {problem}"] if problem else []
        progress(len(digests), len(paths), "images hashed")
    if problems:
        raise DataError(
            "every image file must be readable by you",
            but=f"{len(problems)} cannot be opened",
            do="Mend their permissions or links.",
            details=listed(problems),
        )
    return digests


def _digest_or_problem(path: Path) -> tuple[str, str]:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), ""
    except OSError as error:
        return "", error.strerror or str(error)


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
