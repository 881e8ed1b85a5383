"""How much memory this process may still take."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from pathlib import Path

from tracker.io.control_group import memory_left

SHARE = "TRACKER_MEMORY_SHARE"
"""The variable that says how many bytes one of several processes may take that were started together."""


def available_memory(*, with_swap: bool = True) -> int | None:
    """Return how many bytes this process may still take; None where that is not known.

    Args:
        with_swap: Whether what can be moved to the disk counts, too.
    """
    known = (shared_memory(with_swap=with_swap), _of_process(), own_share())
    return min((size for size in known if size is not None), default=None)


def shared_memory(*, with_swap: bool = True) -> int | None:
    """Return how many bytes this process and others may still take together; None where that is not known.

    Args:
        with_swap: Whether what can be moved to the disk counts, too.
    """
    names = ("MemAvailable:", "SwapFree:") if with_swap else ("MemAvailable:",)
    known = (_of_machine(names), memory_left())
    return min((size for size in known if size is not None), default=None)


def own_share() -> int | None:
    """Return how many bytes this process may take of what it shares with others; None: it shares none."""
    return int(os.environ[SHARE]) if SHARE in os.environ else None


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
