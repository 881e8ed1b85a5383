"""When a checkpoint is due: as often as it costs little, or after every so many epochs.

What a killed process loses is what it trained since its last checkpoint. With `ByCost` that is at most
`AT_LEAST_S`, or `1 / SHARE` times what a checkpoint takes, and never more than `AT_MOST_S`, however long an
epoch is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

AT_LEAST_S = 30.0
"""Seconds between two checkpoints: less work is not worth the wear of a disk."""

AT_MOST_S = 1800.0
"""Seconds between two checkpoints, whatever one takes: a disk that once hung must not cost hours."""

SHARE = 0.02
"""The share of the time that goes into checkpoints."""

SHARE_IN_A_HURRY = 0.5
"""The same while a run that was cut off catches up."""

Clock = Callable[[], float]
"""Returns seconds, of which none is counted twice."""


class Cadence(Protocol):
    """Says when a checkpoint is due."""

    def due(self, *, epochs: int, cost: float, writing: bool) -> bool:
        """Say whether a checkpoint is due.

        Args:
            epochs: How many epochs are complete.
            cost: Seconds that the last checkpoint took; 0: there was none.
            writing: Whether one is still being written, so that training would wait for it.
        """

    def taken(self, *, epochs: int) -> None:
        """Take note that a checkpoint is being written.

        Args:
            epochs: How many epochs are complete in it.
        """


class ByCost:
    """A checkpoint is due when the time since the last one has paid for it.

    A process that is killed before its first checkpoint achieves nothing, and a run that is killed every half
    minute would never end. So one that was cut off is in a hurry when it goes on: its first checkpoint comes
    at once, the next ones whenever the time that it has trained has doubled, up to the usual pause. However
    often it is killed, half of the time is not lost.

    Args:
        clock: What the time is.
        in_a_hurry: Whether an earlier process of this run was cut off.
    """

    def __init__(self, clock: Clock, *, in_a_hurry: bool = False) -> None:
        self._clock = clock
        self._in_a_hurry = in_a_hurry
        self._began: float | None = None
        self._last = 0.0

    def due(self, *, epochs: int, cost: float, writing: bool) -> bool:
        """Say whether a checkpoint is due; the time is counted from the first question on."""
        now = self._clock()
        if self._began is None:
            self._began = self._last = now
        if writing or now == self._began:
            return False
        return now - self._last >= self._pause(cost, trained=self._last - self._began)

    def taken(self, *, epochs: int) -> None:
        """Take note that a checkpoint is being written."""
        self._last = self._clock()

    def _pause(self, cost: float, *, trained: float) -> float:
        pause = min(max(AT_LEAST_S, cost / SHARE), AT_MOST_S)
        return min(pause, max(cost / SHARE_IN_A_HURRY, trained)) if self._in_a_hurry else pause


class EveryEpochs:
    """A checkpoint is due after every so many epochs, whatever it costs.

    Args:
        every: How many.
        begun_after: How many epochs are complete.
    """

    def __init__(self, every: int, *, begun_after: int = 0) -> None:
        self._every = every
        self._last = begun_after

    def due(self, *, epochs: int, cost: float, writing: bool) -> bool:
        """Say whether a checkpoint is due."""
        return epochs > self._last and epochs % self._every == 0

    def taken(self, *, epochs: int) -> None:
        """Take note that a checkpoint is being written."""
        self._last = epochs
