"""What `.dockerignore` leaves of a folder for the build of an image."""

from __future__ import annotations

import re
from pathlib import Path


def _expression(pattern: str) -> str:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.strip("/"))
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(words.get(part, re.escape(part)) for part in parts)


def lets_in(ignored: str, name: str) -> bool:
    """Say whether a file is part of the context: the last line decides that names it or a folder above it.

    Args:
        ignored: The text of `.dockerignore`.
        name: The file, from the context's root.
    """
    inside = True
    above = ["/".join(name.split("/")[: depth + 1]) for depth in range(name.count("/") + 1)]
    for line in map(str.strip, ignored.splitlines()):
        if not line or line.startswith("#"):
            continue
        expression = _expression(line.removeprefix("!"))
        if any(re.fullmatch(expression, path) for path in above):
            inside = line.startswith("!")
    return inside


def context(root: Path) -> set[str]:
    """List the files that the build of an image is given of a folder."""
    ignored = (root / ".dockerignore").read_text(encoding="utf-8")
    files = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return {name for name in files if lets_in(ignored, name)}
