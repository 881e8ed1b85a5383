"""The folders that the main job writes to: what can be made again, and what cannot."""

from __future__ import annotations

import resource
import shutil
import tempfile
from pathlib import Path

from tracker.doctor.result import CheckResult
from tracker.io.cache import cache_dir, existing
from tracker.io.memory import format_size
from tracker.io.probes import why_no_locks, why_not_writable
from tracker.io.process_environment import give_temporary_folder, why_no_temporary
from tracker.io.short_path import short_path
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
    if limit := _largest_file():
        return CheckResult(
            state="warning" if limit >= _LEAST_SPACE else "missing",
            found=f"{short_path(folder)}, but no file may be larger than {format_size(limit)} (ulimit -f)",
            advice="Lift the limit (ulimit -f unlimited, or ask who runs this machine): decoded images are "
            "one file, and so are databases and the states of large networks.",
            facts={"folder": str(folder), "largest_file": limit},
        )
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


def temporary() -> CheckResult:
    """Check that there is room for temporary files, or that they go to the cache instead."""
    folder = tempfile.gettempdir() if not why_no_temporary() else ""
    if moved := give_temporary_folder():
        facts = {"folder": str(cache_dir() / "temporary")}
        advice = "Make room there; tracker does without."
        return CheckResult(state="warning", found=moved, advice=advice, facts=facts)
    if folder:
        return CheckResult(state="good", found=folder, facts={"folder": folder})
    return CheckResult(
        state="missing",
        found=why_no_temporary(),
        advice="Make room there, or set TMPDIR to another folder.",
        facts={"folder": None},
    )


def _largest_file() -> int:
    """Return how many bytes a file may have; 0 where nothing limits it."""
    soft, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return 0 if soft == resource.RLIM_INFINITY else soft


def home() -> CheckResult:
    """Check that journals can be kept, and that locks keep other processes from them."""
    folder = tracker_home()
    if problem := why_not_writable(folder):
        return _not_writable(folder, problem, "TRACKER_HOME")
    facts = {"folder": str(folder)}
    if problem := why_no_locks(folder):
        return CheckResult(
            state="missing",
            found=f"{short_path(folder)}: locks do not work there ({problem})",
            advice="Set TRACKER_HOME to a folder on a local disk.",
            facts=facts,
        )
    return CheckResult(state="good", found=f"{short_path(folder)}, locks work", facts=facts)


def _not_writable(folder: Path, problem: str, variable: str) -> CheckResult:
    return CheckResult(
        state="missing",
        found=f"{short_path(folder)} cannot be written to ({problem})",
        advice=f"Make room there and check its permissions, or set {variable} to another folder.",
        facts={"folder": str(folder)},
    )
