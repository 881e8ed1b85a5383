"""What failed and is left alone for a while, longer after each failure: a run, an experiment, a server."""

from __future__ import annotations

import random
import time
from collections.abc import Hashable
from dataclasses import dataclass, field


@dataclass
class Pauses:
    """Pauses of whatever can fail by itself.

    Args:
        first_s: The pause after a first failure, seconds.
        longest_s: The longest one.
    """

    first_s: float
    longest_s: float
    _lengths: dict[Hashable, float] = field(default_factory=dict, init=False)
    _ends: dict[Hashable, float] = field(default_factory=dict, init=False)

    def lengthen(self, one: Hashable) -> None:
        """Leave something alone, twice as long as after its last failure.

        Args:
            one: What failed.
        """
        self._lengths[one] = min(2 * self._lengths.get(one, self.first_s / 2), self.longest_s)
        self._ends[one] = time.monotonic() + self._lengths[one] * random.uniform(0.5, 1.5)

    def forget(self, one: Hashable) -> None:
        """Begin anew with something that went well.

        Args:
            one: What did.
        """
        self._lengths.pop(one, None)
        self._ends.pop(one, None)

    def has(self, one: Hashable) -> bool:
        """Say whether something is still left alone.

        Args:
            one: What is about to be tried.
        """
        return self._ends.get(one, 0.0) > time.monotonic()

    def end(self) -> None:
        """Let everything be tried at once; what fails again is left alone for longer all the same."""
        self._ends.clear()


@dataclass
class Row:
    """Failures of one run after another, with no success between them.

    Args:
        most: How many there can be.
        longest_s: How long they can take together, seconds; it is too much where both are exceeded.
    """

    most: int
    longest_s: float
    _count: int = field(default=0, init=False)
    _began: float = field(default_factory=time.monotonic, init=False)

    def is_too_long_with(self, *, failed: bool) -> bool:
        """Add what became of the next run; say whether the failures are too many to be the runs' own.

        Args:
            failed: Whether it could not be sent.
        """
        if not failed:
            self._count, self._began = 0, time.monotonic()
            return False
        self._count += 1
        return self._count >= self.most and time.monotonic() - self._began > self.longest_s
