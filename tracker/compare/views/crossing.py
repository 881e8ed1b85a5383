"""Where the learning curves of two modes cross, and whether the images establish that they do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tracker.compare.statistics.intervals import Interval


class Standing(StrEnum):
    """What is established of a crossing."""

    BOTH = "established"
    """The differences at both ends are established."""
    ONE = "established at one end"
    """One of the two differences is."""
    NONE = "not established"
    """Neither is."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The difference of two modes at one size of the training part.

    Attributes:
        size: How many patients (or images) are trained on.
        difference: First minus second, as recorded.
        interval: Its interval; None where there is none.
        is_established: Whether the verdict at this size establishes it.
    """

    size: int
    difference: float
    interval: Interval | None = None
    is_established: bool = False


@dataclass(frozen=True, slots=True)
class Crossing:
    """Two sizes between which the sign of a difference changes.

    Attributes:
        low: The smaller size.
        high: The larger size.
        at: Where the difference is zero, interpolated between the two along the logarithm of the size.
    """

    low: Gap
    high: Gap
    at: float

    @property
    def standing(self) -> Standing:
        """What is established of it."""
        ends = self.low.is_established + self.high.is_established
        return (Standing.NONE, Standing.ONE, Standing.BOTH)[ends]


def crossings(gaps: Sequence[Gap]) -> list[Crossing]:
    """Return where the sign of a difference changes; a touch of zero is no crossing.

    Args:
        gaps: The differences, the smallest size first, all finite.
    """
    return [Crossing(low, high, _zero(list(between))) for low, high, between in _changes(gaps)]


def _changes(gaps: Sequence[Gap]) -> Iterator[tuple[Gap, Gap, Sequence[Gap]]]:
    """Yield the last gap of one sign, the first of the other, and both with those of zero between them."""
    last: int | None = None
    for place, gap in enumerate(gaps):
        if gap.difference == 0:
            continue
        if last is not None and (gap.difference > 0) != (gaps[last].difference > 0):
            yield gaps[last], gap, gaps[last : place + 1]
        last = place


def _zero(between: Sequence[Gap]) -> float:
    zeros = [gap.size for gap in between if gap.difference == 0]
    if zeros:
        return math.sqrt(zeros[0] * zeros[-1])
    low, high = between[0], between[-1]
    part = low.difference / (low.difference - high.difference)
    return math.exp(math.log(low.size) + part * (math.log(high.size) - math.log(low.size)))
