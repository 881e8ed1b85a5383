"""In which home a run was begun, and as which one there: the order of runs where a clock was set back."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from tracker.io.atomic import write_whole
from tracker.records import HOME, ORDER
from tracker.tracking.journal.run_folder import home_token

_SHORT = 8


def place_in(home: Path) -> dict[str, str]:
    """Return the tags of a run that begins now; its folder is there.

    Args:
        home: The folder that holds all journals.
    """
    return {HOME: home_token(home)[:_SHORT], ORDER: str(_number_in(home))}


def _number_in(home: Path) -> int:
    """Count the run; folders of earlier ones that were removed stay counted."""
    kept = home / "begun"
    number = max(_read(kept) + 1, sum(1 for _ in (home / "runs").iterdir()))
    # A full disk is no reason not to begin.
    with suppress(OSError):
        write_whole(kept, str(number).encode())
    return number


def _read(kept: Path) -> int:
    with suppress(OSError, ValueError):
        return int(kept.read_bytes())
    return 0
