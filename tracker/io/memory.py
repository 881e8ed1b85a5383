"""How much memory this process may still take."""

from __future__ import annotations

import os
from pathlib import Path

from tracker.io.control_group import memory_left

SHARE = "TRACKER_MEMORY_SHARE"
"""The variable that says how many bytes one of several processes may take that were started together."""


def available_memory(*, with_swap: bool = True) -> int | None:
    """Return how many bytes this process may still take; None where that is not known.

    Args:
        with_swap: Whether what can be moved to the disk counts, too.
    """
    names = ("MemAvailable:", "SwapFree:") if with_swap else ("MemAvailable:",)
    left = [size for size in (_of_machine(names), memory_left(), own_share()) if size is not None]
    return min(left, default=None)


def own_share() -> int | None:
    """Return how many bytes this process may take of what it shares with others; None: it shares none."""
    return int(os.environ[SHARE]) if SHARE in os.environ else None


def format_size(size: int) -> str:
    """Return a size in megabytes or gigabytes, with its unit.

    Args:
        size: Bytes.
    """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _of_machine(names: tuple[str, ...]) -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kibibytes = [int(line.split()[1]) for line in lines if line.startswith(names)]
    return sum(kibibytes) * 1024 if kibibytes else None
