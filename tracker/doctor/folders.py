"""The folders that the main job writes to: what can be made again, and what cannot."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from tracker.doctor.result import CheckResult, format_size
from tracker.io.cache import cache_dir, existing
from tracker.io.locks import lock_open_file
from tracker.tracking.backend.uri import short_path
from tracker.tracking.journal.run_folder import tracker_home

# The drawn images of --dataset phantom, their pixels and features: 0.07 GB.
_LEAST_SPACE = 200_000_000
# The archive of the reference study and the images in it, which lie side by side while they are unpacked.
_ENOUGH_SPACE = 8_000_000_000


def cache() -> CheckResult:
    """Check that decoded images and features can be kept."""
    folder = cache_dir()
    if problem := why_not_writable(folder):
        return _not_writable(folder, problem, "TRACKER_CACHE")
    free = shutil.disk_usage(existing(folder)).free
    found = f"{short_path(folder)}, {format_size(free)} free"
    facts = {"folder": str(folder), "free": free}
    if free >= _ENOUGH_SPACE:
        return CheckResult(state="good", found=found, facts=facts)
    return CheckResult(
        state="warning" if free >= _LEAST_SPACE else "missing",
        found=found,
        advice="Make room, or set TRACKER_CACHE to a folder on a larger disk: --dataset phantom takes "
        "0.1 GB, the images of the reference study 8 GB while they are unpacked.",
        facts=facts,
    )


def home() -> CheckResult:
    """Check that journals can be kept, and that locks keep other processes from them."""
    folder = tracker_home()
    if problem := why_not_writable(folder):
        return _not_writable(folder, problem, "TRACKER_HOME")
    facts = {"folder": str(folder)}
    if problem := _why_no_locks(existing(folder)):
        return CheckResult(
            state="missing",
            found=f"{short_path(folder)}: locks do not work there ({problem})",
            advice="Set TRACKER_HOME to a folder on a local disk.",
            facts=facts,
        )
    return CheckResult(state="good", found=f"{short_path(folder)}, locks work", facts=facts)


def why_not_writable(folder: Path) -> str:
    """Write a file that has no name, and is gone at once; return why that fails, empty where it does not.

    Args:
        folder: An absolute path; where it is not there, the folder that it would be made in is tried.
    """
    try:
        with tempfile.TemporaryFile(dir=existing(folder)) as file:
            file.write(b"\0")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return f"{short_path(existing(folder))}: {error.strerror or error}"
    return ""


def _not_writable(folder: Path, problem: str, variable: str) -> CheckResult:
    return CheckResult(
        state="missing",
        found=f"{short_path(folder)} cannot be written to ({problem})",
        advice=f"Make room there and check its permissions, or set {variable} to another folder.",
        facts={"folder": str(folder)},
    )


def _why_no_locks(folder: Path) -> str:
    """Lock a file twice, as two processes would: the second one has to be refused."""
    with (
        tempfile.NamedTemporaryFile(dir=folder, prefix=".tracker-doctor-") as ours,
        Path(ours.name).open("rb") as theirs,
    ):
        try:
            both = lock_open_file(ours.fileno()) and lock_open_file(theirs.fileno())
        except OSError as error:
            return error.strerror or str(error)
    return "two processes can have the same one" if both else ""
