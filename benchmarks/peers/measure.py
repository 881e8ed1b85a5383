"""Measures a command and all that it starts: time, processor's time, memory, bytes written (Linux)."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import memory_of, tree_of

_PAUSE_S = 0.5
_BLOCK = 512
_SUBREAPER = 36


@dataclass(frozen=True)
class Cost:
    """What a command needed.

    Attributes:
        wall_s: Seconds until it and all that it started had ended.
        cpu_s: The processor's seconds, user and system.
        memory_mib: The most memory at once, pages that are shared counted once (PSS).
        written_mb: Bytes sent to the disk.
    """

    wall_s: float
    cpu_s: float
    memory_mib: float
    written_mb: float


def measure(command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], log: Path) -> Cost:
    """Run a command and measure it.

    Args:
        command: What to run.
        cwd: Its folder.
        environment: Its whole environment.
        log: The file that takes what it prints.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    _adopt_orphans()
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with log.open("ab") as output, _peak_memory() as peak:
        code = subprocess.call(command, cwd=cwd, env=environment, stdout=output, stderr=output)
        _wait_for_orphans()
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if code:
        raise subprocess.CalledProcessError(code, command)
    return Cost(
        wall_s=wall,
        cpu_s=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        memory_mib=peak[0],
        written_mb=(after.ru_oublock - before.ru_oublock) * _BLOCK / 1e6,
    )


def _adopt_orphans() -> None:
    """Become the parent of what outlives its own, so that it is waited for and counted."""
    if ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def _wait_for_orphans() -> None:
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


@contextmanager
def _peak_memory() -> Iterator[list[float]]:
    """Look again and again how much memory the children have; the most stands in the list."""
    peak, done = [0.0], threading.Event()

    def look() -> None:
        while not done.wait(_PAUSE_S):
            peak[0] = max(peak[0], sum(memory_of(pid) for pid in tree_of(os.getpid())[1:]))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()
