"""The statistics beside the mean: what a comparison says of the runs of an arm, and of its differences.

Every format of a table, and the note that explains its cells, takes them from `STATISTICS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean


@dataclass(frozen=True, slots=True)
class Statistic:
    """A number for the runs of an arm, and for the differences between two arms.

    Attributes:
        name: Its column in CSV, its key in JSON.
        title: Its name in the note that explains a cell.
        layout: Its place in a cell: `{}` for the number, and signs around it (no words: LaTeX sets it as
            mathematics).
        of: The number, in the unit of the values; None where they have none, as one value has no deviation.
    """

    name: str
    title: str
    layout: str
    of: Callable[[Sequence[float]], float | None]


def sample_sd(values: Sequence[float]) -> float | None:
    """Return the sample standard deviation (n - 1 in the denominator); None for a single value."""
    if len(values) < 2:
        return None
    mean = fmean(values)
    # Not statistics.stdev, which cannot take values that are not finite.
    return math.sqrt(math.fsum((value - mean) * (value - mean) for value in values) / (len(values) - 1))


STATISTICS = (Statistic("sd", "sample standard deviation", " ± {}", sample_sd),)
"""In the order in which they follow the mean."""


def statistic_names() -> list[str]:
    """Return the names of the statistics, in order."""
    return [statistic.name for statistic in STATISTICS]


def statistics_of(values: Sequence[float]) -> dict[str, float | None]:
    """Return the statistics of some values, by name."""
    return {statistic.name: statistic.of(values) for statistic in STATISTICS}


def format_statistics(described: Mapping[str, float | None], write: Callable[[float], str]) -> str:
    """Return what follows the mean in a cell, such as ` ± 1.2`.

    Args:
        described: The statistics by name; those that are None are left out.
        write: Writes a number in the unit that people read.
    """
    known = [(statistic.layout, described[statistic.name]) for statistic in STATISTICS]
    return "".join(layout.format(write(number)) for layout, number in known if number is not None)


def legend() -> str:
    """Return what the numbers of a cell are, laid out as they are: `Mean ± sample standard deviation`."""
    return "Mean" + "".join(statistic.layout.format(statistic.title) for statistic in STATISTICS)
