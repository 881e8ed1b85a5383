"""A folder that an older version left behind, and what the version at hand makes of it.

The commands are given once, at the place where the folder was made, for all tests and all their processes;
what they left is kept elsewhere, so that the place is free again at once.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from tests.compatibility.make_folder_0_1_0 import FOLDER, LOCK, PACKED, VARIABLES
from tests.support.command import Outcome, call_main, run_process

_TOLD = "told.json"
_READING = ("status", "compare")

Files = Mapping[str, Sequence[int]]
"""The number of each file and folder on its disk, and when it was changed, by its path."""


@dataclass(frozen=True)
class GoneOn:
    """What the older version left, and what became of it.

    Attributes:
        before: The folder as it was left.
        sent: MLflow's database after the command named `sync`.
        after: The folder after all commands.
        said: What each command said, by its name.
        cached: What lay in the cache before and after all commands.
    """

    before: Path
    sent: Path
    after: Path
    said: Mapping[str, Outcome]
    cached: tuple[Files, Files]


def gone_on(kept: Path, commands: Mapping[str, Sequence[str]]) -> GoneOn:
    """Give the commands in the folder, unless another process of the same tests has.

    Args:
        kept: Where what they leave is kept; the same for all processes of the same tests.
        commands: Arguments of `tracker`, by name, in order.
    """
    with FileLock(LOCK):
        if not (kept / _TOLD).exists():
            try:
                _go_on(kept, commands)
            finally:
                shutil.rmtree(FOLDER, ignore_errors=True)
    told = json.loads((kept / _TOLD).read_text())
    return GoneOn(
        before=kept / "before",
        sent=kept / "sent",
        after=kept / "after",
        said={name: Outcome(**outcome) for name, outcome in told["said"].items()},
        cached=(told["cached before"], told["cached after"]),
    )


def _go_on(kept: Path, commands: Mapping[str, Sequence[str]]) -> None:
    _unpack(FOLDER)
    _unpack(kept / "before")
    told: dict[str, object] = {"cached before": _files_of_cache()}
    told["said"] = {name: asdict(_give(name, arguments, kept)) for name, arguments in commands.items()}
    told["cached after"] = _files_of_cache()
    shutil.copytree(FOLDER, kept / "after", dirs_exist_ok=True)
    # Last, so that it is there when all is.
    (kept / _TOLD).write_text(json.dumps(told))


def _unpack(folder: Path) -> None:
    # What tests left there that were killed is none of it.
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(PACKED) as archive:
        archive.extractall(folder)


def _give(name: str, arguments: Sequence[str], kept: Path) -> Outcome:
    if arguments[0] in _READING:
        return _read(arguments)
    ended = run_process(*arguments, cwd=FOLDER, **VARIABLES)
    if name == "sync":
        (kept / "sent").mkdir(exist_ok=True)
        shutil.copy(FOLDER / "mlflow.db", kept / "sent")
    return Outcome(ended.returncode, ended.stdout, ended.stderr)


def _read(arguments: Sequence[str]) -> Outcome:
    """Give a command that only reads in this process: to start one takes much longer."""
    out, err = io.StringIO(), io.StringIO()
    folder, environment, argv = Path.cwd(), dict(os.environ), sys.argv
    os.chdir(FOLDER)
    os.environ.update(VARIABLES)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = call_main(*arguments)
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = argv
    return Outcome(code, out.getvalue(), err.getvalue())


def _files_of_cache() -> Files:
    found = [path for path in (FOLDER / "cache").rglob("*") if path.suffix != ".lock"]
    stats = {str(path.relative_to(FOLDER / "cache")): path.stat() for path in found}
    return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in stats.items()}


def shared_folder(basetemp: Path) -> Path:
    """Return a folder that all processes of the same tests share.

    Args:
        basetemp: Where this process keeps its temporary files.
    """
    return basetemp.parent if "PYTEST_XDIST_WORKER" in os.environ else basetemp
