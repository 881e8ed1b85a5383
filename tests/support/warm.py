"""Starts of `tracker` that cost a fork instead of seconds, so that one test can kill hundreds of them.

A process that imported all that `tracker` needs, and computed nothing, forks a child for each start. The
child is `tracker ARGUMENTS` from there on: it has its own output, its own random numbers, no open file of
its parent's, and calls the real `tracker.cli.main()`.

The parent takes one request a line on its standard input, and gives one answer a line.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import random
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

_MODULES = (
    *(
        "tracker.cli.execution",
        "tracker.cli.progress",
        "tracker.tracking.shipping.sender",
        "tracker.tracking.shipping.delivery",
        "tracker.tracking.shipping.unsendable",
        "tracker.tracking.shipping.flush",
    ),
    *(
        "tracker.data.sources.folder",
        "tracker.tracking.backend.models",
        "tracker.runs.recording",
        "tracker.figures.evaluation",
    ),
    *("matplotlib.backends.backend_agg", "PIL.PngImagePlugin", "sklearn.metrics", "torchvision.models"),
    *("torch.fx", "torch.optim", "mlflow.store.tracking.rest_store", "mlflow.tracking.client"),
)
_PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    """Answer requests until the standard input ends, and end all children then."""
    # Before MLflow is imported.
    from tracker.tracking.backend.environment import prepare_environment

    prepare_environment()
    for name in _MODULES:
        importlib.import_module(name)
    from tracker.cli import main as tracker

    # What a killed trainer leaves behind becomes our child: its shipper.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    parent = Parent(tracker)
    _say({"threads": _other_threads(), "files": _open_files()})
    for line in sys.stdin:
        _say(parent.answer(**json.loads(line)))
    parent.end_all()


class Parent:
    """Knows its children until they are waited for, so that no signal can reach a stranger.

    Args:
        tracker: The command line.
    """

    def __init__(self, tracker: Any) -> None:
        self._tracker = tracker
        self._ended: dict[int, int] = {}
        self._started: set[int] = set()

    def answer(self, do: str, **given: Any) -> dict[str, Any]:
        """Do what a request asks for."""
        return getattr(self, f"_{do}")(**given)

    def _start(self, arguments: list[str], folder: str, environment: dict[str, str], output: str) -> Any:
        pid = os.fork()
        if pid == 0:
            _become(self._tracker, arguments, folder, environment, output)
        self._started.add(pid)
        return {"pid": pid}

    def _signal(self, pid: int, number: int) -> Any:
        """Send a signal to a child that lives; say whether it did."""
        self._wait_for_the_ended()
        lives = pid in self._started
        if lives:
            os.kill(pid, number)
        return {"lived": lives}

    def _state(self, pid: int) -> Any:
        self._wait_for_the_ended()
        return {"code": self._ended.get(pid)}

    def _wait_for_the_ended(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            if pid in self._started:
                self._started.remove(pid)
                self._ended[pid] = os.waitstatus_to_exitcode(status)

    def end_all(self) -> None:
        """Kill all children; those that they leave behind are ours then."""
        while True:
            for pid in children_of(os.getpid()):
                os.kill(pid, signal.SIGKILL)
            try:
                pid, _ = os.waitpid(-1, 0)
            except ChildProcessError:
                return
            self._started.discard(pid)


def children_of(pid: int) -> list[int]:
    """List the children of a process; none where it has ended."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _become(
    tracker: Any, arguments: list[str], folder: str, environment: dict[str, str], output: str
) -> None:
    """Be `tracker ARGUMENTS`, and never return."""
    code = 1
    try:
        silence = os.open(os.devnull, os.O_RDONLY)
        said = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(silence, 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.closerange(3, 100)
        os.chdir(folder)
        os.environ.update(environment)
        random.seed()
        sys.argv = ["tracker", *arguments]
        tracker()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter does at the end of a process
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Not as the parent's copy: what it would do at its end is not ours to do.
        os._exit(code)


def _other_threads() -> list[str]:
    """Name the threads that a child would not inherit; pyarrow's allocator starts its own again."""
    tasks = (task for task in Path("/proc/self/task").iterdir() if task.name != str(os.getpid()))
    names = [(task / "comm").read_text().strip() for task in tasks]
    return [name for name in names if name != "jemalloc_bg_thd"]


def _open_files() -> list[str]:
    files = [path for path in Path("/proc/self/fd").iterdir() if int(path.name) > 2]
    # The folder itself was open while it was listed.
    return [str(path.readlink()) for path in files if path.exists()]


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
