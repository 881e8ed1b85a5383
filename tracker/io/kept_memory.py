"""Memory that was freed and stays with the process: its next training step asks for as much again."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress

# As GNU's `malloc.h` numbers them, and the variables that a user sets them with.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_SET_BY_USER = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")
_LARGEST_KEPT = 32 * 2**20
_KEPT = 256 * 2**20


def keep_freed_memory() -> None:
    """Have GNU's C library keep 256 MB that were freed, and blocks of up to 32 MB among them.

    By itself it gives the memory of a batch back to the system in every step, and the system clears each page
    of it for the next one. What a user has set stays, and other C libraries are left alone.
    """
    if sys.platform != "linux" or any(os.environ.get(name) for name in _SET_BY_USER):
        return
    with suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT)
        mallopt(_TRIM_THRESHOLD, _KEPT)
