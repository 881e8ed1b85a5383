"""An interval, and that of a share of images (Wilson 1927)."""

from __future__ import annotations

from typing import NamedTuple

LEVEL = 0.95
"""The confidence that every interval has."""


class Interval(NamedTuple):
    """Where a number lies, with 95 % confidence.

    Attributes:
        low: The lower end.
        high: The upper end.
    """

    low: float
    high: float

    @property
    def covers_zero(self) -> bool:
        """Whether zero is in it, its ends counted."""
        return self.low <= 0 <= self.high


def wilson(successes: int, total: int) -> Interval:
    """Return the score interval of a share.

    Args:
        successes: How many of them.
        total: Of how many, one at least.

    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927) 209-212.
    """
    # Slow to import, and most commands do without.
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(successes, total, alpha=1 - LEVEL, method="wilson")
    return Interval(float(low), float(high))
