"""Callbacks that report how far a piece of work is."""

from __future__ import annotations

import time
from typing import Protocol

EVERY_S = 10.0


class Progress(Protocol):
    """A callback that receives how far a piece of work is."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """The work has moved on.

        Args:
            done: How many are done, from 0 to total.
            total: How many there are; 0 where nobody knows yet.
            what: What is counted, such as `images decoded` or `bytes of scans.zip`.
        """


def silent(done: int, total: int, what: str) -> None:
    """Ignored."""


class Seldom:
    """Passes on how far a piece of work is, but not often: for a file or a pipe, where every line stays.

    Args:
        tell: Called where a piece of work takes so long.
        every_s: Seconds between its begin and the first call, and between two calls.
    """

    def __init__(self, tell: Progress, every_s: float = EVERY_S) -> None:
        self._tell = tell
        self._every_s = every_s
        self._what = ""
        self._told = 0.0

    def __call__(self, done: int, total: int, what: str) -> None:
        """The work has moved on."""
        now = time.monotonic()
        if what != self._what:
            self._what, self._told = what, now
        elif now - self._told >= self._every_s:
            self._told = now
            self._tell(done, total, what)
