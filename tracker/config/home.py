"""The ~ in paths that people give: the home folder of this user, or of another one."""

from __future__ import annotations

from pathlib import Path

from tracker.errors import UsageError


def expanded(path: Path | str) -> Path:
    """Return a path with the home folder in place of a ~ at its beginning.

    Args:
        path: What a user gave.

    Raises:
        UsageError: Nobody on this machine has the name that follows the ~.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise UsageError(
            "the name that follows ~ in a path must be that of a user of this machine",
            but=f"nobody is called so in {path}",
            do="Check the path. A folder whose own name begins with ~ is given in full: /.../~NAME.",
        ) from None
