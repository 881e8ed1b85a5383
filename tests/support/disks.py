"""A small disk that a test can fill, and a process whose files cannot grow."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MIB = 2**20


class SmallDisk:
    """A disk of some megabytes in memory.

    Args:
        folder: Where it is mounted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave no byte."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (MIB, 4096, 1):
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        """Leave room again."""
        self._ballast.unlink()


@contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[SmallDisk]:
    """Mount a small disk as long as the block lasts; only root can."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", folder], check=True)
    try:
        yield SmallDisk(folder)
    finally:
        # Also where a process that was just killed still has a file open.
        subprocess.run(["umount", "--lazy", folder], check=True)


def missing_for_small_disk() -> str:
    """Say why no small disk can be mounted here; empty where one can."""
    if os.getuid():
        return "only root can mount a small disk"
    tried = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False
    )
    return "" if tried.returncode == 0 else "this machine lets nobody mount a disk"


class TakesNothing:
    """A process for which every file is full: none of them can grow.

    Args:
        pid: The process.
        largest: Bytes that a file may have.
    """

    def __init__(self, pid: int, largest: int = 1) -> None:
        self._pid = pid
        self._largest = largest
        self._before = resource.prlimit(pid, resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (self._largest, self._before[1]))

    def free(self) -> None:
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, self._before)


@contextmanager
def full_disk(largest: int) -> Iterator[None]:
    """Let no file of this process grow over so many bytes, as long as the block lasts."""
    process = TakesNothing(os.getpid(), largest)
    process.fill()
    try:
        yield
    finally:
        process.free()
