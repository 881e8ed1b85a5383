"""Digests of files of weights, held against what their names or a list say."""

from __future__ import annotations

import hashlib
import re
from functools import cache, lru_cache
from pathlib import Path

import torchvision

from tracker.errors import ModelError
from tracker.models.state_reading import unreadable

SUMS = "SHA256SUMS"
"""The file beside the bundled weights that says their digests, as `sha256sum` writes it."""

_IN_NAME = re.compile(r"-([a-f0-9]{8,64})\.")


def digest_in(name: str) -> str:
    """Return what a file's name says of its own SHA-256, as torchvision's do; or nothing.

    Args:
        name: The file's name.
    """
    found = _IN_NAME.search(name)
    return found[1] if found else ""


@cache
def published_names() -> frozenset[str]:
    """Return the names of all files of weights that torchvision publishes."""
    enums = [torchvision.models.get_model_weights(name) for name in torchvision.models.list_models()]
    return frozenset(Path(str(weights.url)).name for enum in enums for weights in enum)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal; in one process a file is read once for it.

    Args:
        path: The file.

    Raises:
        ModelError: If it cannot be read.
    """
    try:
        facts = path.stat()
        return _digest(path, facts.st_ino, facts.st_size, facts.st_mtime_ns)
    except OSError as error:
        raise unreadable(path, error) from None


@lru_cache(maxsize=256)
def _digest(path: Path, *_facts: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_digest(path: Path, digits: str, *, do: str) -> None:
    """Accept a file whose SHA-256 begins with given digits.

    Args:
        path: The file.
        digits: Hexadecimal; none are not checked.
        do: What to do if it is another file.

    Raises:
        ModelError: If it is another one, or cannot be read.
    """
    found = file_digest(path) if digits else ""
    if not found.startswith(digits):
        raise ModelError(
            f"{path.name} must be the file whose SHA-256 begins with {digits[:10]}",
            but=f"{path} is another, damaged or unfinished one (its SHA-256 begins with {found[:10]})",
            do=do,
        )


def listed_digest(path: Path) -> str:
    """Return the SHA-256 that the list beside a file of bundled weights says for it.

    Args:
        path: The file.

    Raises:
        ModelError: If it says none.
    """
    sums = path.with_name(SUMS)
    lines = sums.read_text(encoding="utf-8").splitlines() if sums.is_file() else []
    digests = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    if path.name not in digests:
        raise ModelError(
            f"bundled weights must have a digest in {SUMS}",
            but=f"{path} has none",
            do="Install tracker again.",
        )
    return digests[path.name]
