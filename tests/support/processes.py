"""The test's end of the warm parent (`warm.py`): start `tracker`, and signal what it became."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.warm import children_of
from tracker.tracking.journal.run_folder import RunFolder

_ROOT = Path(__file__).parents[2]
_POLL_S = 0.02


class Warm:
    """Starts `tracker` by forking a process that has imported everything; for several threads at once.

    Args:
        process: That process.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lock = threading.Lock()
        ready = self._read()
        # A thread or an open file would be half inherited: no child would be like a fresh process.
        assert ready == {"threads": [], "files": []}

    def shippers(self) -> list[Shipper]:
        """List the trainers' own shippers, also those whose trainer is dead."""
        parents = [self._process.pid, *children_of(self._process.pid)]
        found = [Shipper(pid) for parent in parents for pid in children_of(parent)]
        return [shipper for shipper in found if shipper.is_one()]

    def ask(self, do: str, **given: Any) -> Any:
        with self._lock:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps({"do": do, **given}) + "\n")
            self._process.stdin.flush()
            return self._read()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


@contextmanager
def warm_parent() -> Iterator[Warm]:
    """Have a warm parent as long as the block lasts; what it started ends with it."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.warm"],
        cwd=_ROOT,
        env={name: value for name, value in os.environ.items() if "MLFLOW" not in name} | threads,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        yield Warm(process)
        assert process.stdin is not None
        process.stdin.close()


@dataclass(frozen=True)
class Started:
    """A `tracker` that was started.

    Attributes:
        warm: Whose child it is.
        name: What it was told to do.
        pid: Its process.
        output: The file with what it says.
    """

    warm: Warm
    name: str
    pid: int
    output: Path

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal; false where it has ended."""
        return bool(self.warm.ask("signal", pid=self.pid, number=int(number))["lived"])

    def code(self) -> int | None:
        """Return how it ended; None while it lives."""
        code = self.warm.ask("state", pid=self.pid)["code"]
        return None if code is None else int(code)

    def wait(self, timeout_s: float) -> int | None:
        """Wait until it ends, but not for longer than that."""
        deadline = time.monotonic() + timeout_s
        while (code := self.code()) is None and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        return code

    def said(self) -> str:
        return self.output.read_text(errors="replace")


@dataclass(frozen=True)
class Place:
    """A folder in which `tracker` is called, and what it is told there.

    Attributes:
        warm: What starts it.
        folder: The current folder of every start.
        environment: Variables of every start.
    """

    warm: Warm
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *arguments: str) -> Started:
        output = self.folder / f"{arguments[0]}-{threading.get_native_id()}-{time.monotonic_ns()}.out"
        self.folder.mkdir(parents=True, exist_ok=True)
        answer = self.warm.ask(
            "start",
            arguments=arguments,
            folder=str(self.folder),
            environment=self.environment,
            output=str(output),
        )
        return Started(self.warm, f"tracker {arguments[0]}", answer["pid"], output)

    def call(self, *arguments: str, timeout_s: float = 300) -> Started:
        """Start it, and wait for its end."""
        started = self.start(*arguments)
        code = started.wait(timeout_s)
        assert code is not None, f"tracker {arguments[0]} did not end in {timeout_s} s:\n{started.said()}"
        return started

    def journals(self) -> list[Path]:
        return sorted(self.folder.glob(".tracker/runs/*/journal.jsonl"))

    def records(self) -> int:
        """Count what is recorded so far, in all journals."""
        return sum(path.read_bytes().count(b"\n") for path in self.journals())

    def finished(self) -> int:
        """Count the runs that ended well."""
        return sum(RunFolder(path.parent).state() == "FINISHED" for path in self.journals())


@dataclass(frozen=True)
class Shipper:
    """A process that a trainer started."""

    pid: int

    def is_one(self) -> bool:
        try:
            return b"tracker.tracking.shipping.process" in Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return False

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal; false where it has ended."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return False
        try:
            # Asked again, for the number may be another process's by now: the handle is this one's for good.
            if not self.is_one():
                return False
            signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)
        return True
