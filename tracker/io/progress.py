"""Callbacks that report how far a piece of work is."""

from __future__ import annotations

from typing import Protocol


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
