"""What a process and all that it started need: memory, and the processor's time (Linux)."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_PAUSE_S = 3.0
_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Usage:
    """What was needed at most, and on average.

    Attributes:
        memory_mib: Where processes share a page, each has its part of it (PSS).
        processes: How many there were at most.
        cores: Processor's seconds a second.
    """

    memory_mib: float = 0.0
    processes: int = 0
    cores: float = 0.0

    def look(self, pid: int) -> None:
        """Look what is needed now."""
        tree = tree_of(pid)
        self.memory_mib = max(self.memory_mib, sum(map(memory_of, tree)))
        self.processes = max(self.processes, len(tree))


@contextmanager
def measured(pids: Mapping[str, int]) -> Iterator[dict[str, Usage]]:
    """Measure processes as long as the block lasts; what they need stands in the result after it."""
    usages, done = {name: Usage() for name in pids}, threading.Event()

    def look() -> None:
        while not done.wait(_PAUSE_S):
            for name, pid in pids.items():
                usages[name].look(pid)

    before, start = {name: seconds_of(pid) for name, pid in pids.items()}, time.monotonic()
    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield usages
    finally:
        done.set()
        thread.join()
        for name, pid in pids.items():
            usages[name].cores = (seconds_of(pid) - before[name]) / (time.monotonic() - start)


def busy_seconds() -> float:
    """Return the seconds that all cores of the machine have worked, for whomever."""
    user, nice, system, _idle, _wait, *interrupts = (_PROC / "stat").read_text().split("\n")[0].split()[1:9]
    return sum(map(int, (user, nice, system, *interrupts))) / _TICKS


def tree_of(pid: int) -> list[int]:
    """List a process and all that it started."""
    parents = {int(stat.parent.name): int(fields[1]) for stat, fields in _every_stat()}
    tree = [pid]
    for one in tree:
        tree += [child for child, parent in parents.items() if parent == one]
    return tree


def seconds_of(pid: int) -> float:
    """Return the processor's seconds of a process and all that it started, also of those that have ended."""
    tree = set(tree_of(pid))
    ticks = (sum(map(int, fields[11:15])) for stat, fields in _every_stat() if int(stat.parent.name) in tree)
    return sum(ticks) / _TICKS


def memory_of(pid: int) -> float:
    """Return a process's part of the memory, MiB; nothing where it has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _every_stat() -> Iterator[tuple[Path, list[str]]]:
    """Yield each process's `stat`: its fields from the third on, since the second one can have blanks."""
    for stat in _PROC.glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            yield stat, stat.read_text().rpartition(")")[2].split()
