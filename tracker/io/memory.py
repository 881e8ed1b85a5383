"""How much memory this process may still take."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

from tracker.io.control_group import memory_left


def available_memory(*, with_swap: bool = True) -> int | None:
    """Return how many bytes this process may still take; None where that is not known.

    Args:
        with_swap: Whether what can be moved to the disk counts, too.
    """
    names = ("MemAvailable:", "SwapFree:") if with_swap else ("MemAvailable:",)
    left = [size for size in (_of_machine(names), memory_left(), _of_process()) if size is not None]
    return min(left, default=None)


def format_size(size: int) -> str:
    """Return a size in megabytes or gigabytes, with its unit.

    Args:
        size: Bytes.
    """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _of_process() -> int | None:
    """Return what `ulimit -v` leaves; None where there is no such limit."""
    limit, _hard = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return None
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return max(0, limit - pages * resource.getpagesize())
    return None


def _of_machine(names: tuple[str, ...]) -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kibibytes = [int(line.split()[1]) for line in lines if line.startswith(names)]
    return sum(kibibytes) * 1024 if kibibytes else None
