"""How long work tells that it moves on."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Something that is told how far a piece of work has come."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Take note of the state.

        Args:
            done: How many are done, from 0 to total.
            total: How many there are; 0 where nobody knows yet.
            what: What is counted, such as `images decoded` or `bytes of scans.zip`.
        """


def silent(done: int, total: int, what: str) -> None:
    """Tell nobody."""
