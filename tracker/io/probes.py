"""What a disk can do, tried before the work begins; nothing is left of a try."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tracker.io.atomic import sync_open_file
from tracker.io.cache import existing
from tracker.io.locks import NoLocks, lock_open_file
from tracker.io.short_path import short_path


def why_not_writable(folder: Path) -> str:
    """Write a file that has no name, and is gone at once; return why that fails, empty where it does not.

    Args:
        folder: An absolute path; where it is not there, the folder that it would be made in is tried.
    """
    place = existing(folder)
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"\0")
            file.flush()
            sync_open_file(file.fileno())
    except OSError as error:
        return f"{short_path(place)}: {error.strerror or error}"
    return ""


def why_no_locks(folder: Path) -> str:
    """Lock a file twice, as two processes would; return why the second one is not refused, empty where it is.

    Args:
        folder: As for `why_not_writable`; it can be written to.
    """
    place = existing(folder)
    with (
        tempfile.NamedTemporaryFile(dir=place, prefix=".tracker-probe-") as ours,
        Path(ours.name).open("r+b") as theirs,
    ):
        try:
            both = lock_open_file(ours.fileno(), place) and lock_open_file(theirs.fileno(), place)
        except NoLocks as error:
            return error.reason
    return "two processes can have the same one" if both else ""


def why_no_rights(folder: Path) -> str:
    """Set the rights of a file, as MLflow does with artifacts; return why that fails, else nothing.

    Args:
        folder: As for `why_no_locks`.
    """
    with tempfile.NamedTemporaryFile(dir=existing(folder), prefix=".tracker-probe-") as file:
        try:
            Path(file.name).chmod(0o600)
        except OSError as error:
            return error.strerror or str(error)
    return ""
