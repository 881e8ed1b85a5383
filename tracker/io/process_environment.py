"""What libraries read from the environment, set before they are imported where a container leaves it open."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from tracker.errors import TrackerError
from tracker.io.cache import cache_dir
from tracker.io.kept_memory import keep_freed_memory
from tracker.io.parallel import allowed_cores, usable_cores

_THIS_MACHINE = ("localhost", "127.0.0.1", "::1", "127.0.0.0/8")
PROXIES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_SPINS = "1000"
LEAST_TEMPORARY = 64 * 2**20
"""Free bytes with which a folder of temporary files is large enough: archives and images do not go there."""


def prepare_process() -> None:
    """Give libraries a home folder, caches that can be written, and no more threads than there is time for.

    What a user has set stays. The caches of libraries go to TRACKER_CACHE where the user's own cannot be
    written: in a container that runs under a number, the home folder is `/` or none. What runs on this
    machine is asked without a proxy.
    """
    try:
        home = Path.home()
    except RuntimeError:
        # What container engines say of a number that has no name. MLflow cannot be imported without.
        os.environ["HOME"], home = "/", Path("/")
    if chosen := os.environ.get("TRACKER_CACHE"):
        # Where it begins with the home folder of nobody, whoever needs it says so.
        with suppress(RuntimeError):
            _move_caches(home, Path(chosen).expanduser().absolute())
    ask_this_machine_directly()
    give_temporary_folder()
    cores = usable_cores()
    if cores < allowed_cores():
        os.environ.setdefault("OMP_NUM_THREADS", str(cores))
    if "OMP_WAIT_POLICY" not in os.environ:
        # Its own 300,000 turns are milliseconds of a core that someone else could use, at each wait.
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
    keep_freed_memory()


@contextmanager
def variables(values: Mapping[str, str]) -> Iterator[None]:
    """Have libraries, and processes that are started, find variables for as long as the block lasts.

    Args:
        values: Their values, by name; afterwards each is what it was, or not there.
    """
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def ask_this_machine_directly() -> None:
    """Have nothing in this process, or in those that it starts, ask a proxy for what runs on this machine.

    A proxy would look for it on its own machine. Where no variable names a proxy, none is needed: then a
    system's own settings hold, which variables would switch off.
    """
    if not any(os.environ.get(name) for name in PROXIES):
        return
    # The one in small letters comes first for Python, the other one for other programs.
    given = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    names = [name.strip() for name in given.split(",") if name.strip()]
    if names != ["*"]:
        whole = ",".join([*names, *(name for name in _THIS_MACHINE if name not in names)])
        os.environ.update(no_proxy=whole, NO_PROXY=whole)


@cache
def give_temporary_folder() -> str:
    """Have the temporary files of all libraries lie in the cache where their own folder is full or none.

    Returns:
        That they do, and why, in one line; empty where they do not.
    """
    problem = why_no_temporary()
    if not problem:
        return ""
    # What nobody can write, whoever needs it says so.
    with suppress(OSError, TrackerError):
        folder = cache_dir() / "temporary"
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free >= LEAST_TEMPORARY:
            os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
            return f"{problem}: they go to {folder} (TMPDIR names another folder)"
    return ""


def why_no_temporary() -> str:
    """Return why the folder of temporary files cannot be used; empty where it can."""
    asked = os.environ.get("TMPDIR")
    try:
        folder = Path(tempfile.gettempdir())
    except FileNotFoundError:
        return "no folder for temporary files can be written"
    if asked and folder != Path(asked).absolute():
        return f"{asked}, which TMPDIR names, cannot take temporary files"
    if not asked and folder == Path.cwd():
        return "no folder for temporary files can be written"
    free = shutil.disk_usage(folder).free
    return f"{free / 1e6:.0f} MB are free for temporary files in {folder}" if free < LEAST_TEMPORARY else ""


def _move_caches(home: Path, to: Path) -> None:
    if not _can_write(to):
        return
    if not _can_write(Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")):
        os.environ["XDG_CACHE_HOME"] = str(to)
    if not _can_write(Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")):
        os.environ.setdefault("MPLCONFIGDIR", str(to / "matplotlib"))


def _can_write(folder: Path) -> bool:
    # Not `exists`, which raises where a folder above it may not be entered.
    there = next(parent for parent in (folder, *folder.parents) if os.access(parent, os.F_OK))
    return os.access(there, os.W_OK | os.X_OK)
