"""A path as a user reads it."""

from __future__ import annotations

from pathlib import Path


def short_path(path: Path) -> str:
    """Name a file or folder for a user: from the current folder on, where it lies in it.

    Args:
        path: An absolute path.
    """
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
