"""A difference of accuracies over patients, for the time until seeds are in it, too."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tracker.compare.statistics.answers import Floats, Whole
from tracker.compare.statistics.intervals import Interval


class Crossed(NamedTuple):
    """A mean difference.

    Attributes:
        mean: The mean.
        interval: Where it lies.
        p: Its p-value.
    """

    mean: float
    interval: Interval
    p: float


def crossed_difference(differences_RN: Floats, patients_N: Whole) -> Crossed | None:
    """Return the mean difference over images, seeds averaged."""
    from scipy import stats

    mean_N = differences_RN.mean(0)
    mean, error = float(mean_N.mean()), float(mean_N.std(ddof=1) / np.sqrt(len(mean_N)))
    if error == 0:
        return None
    df = len(patients_N) - 1
    reach = float(stats.t.ppf(0.975, df)) * error
    return Crossed(mean, Interval(mean - reach, mean + reach), float(2 * stats.t.sf(abs(mean) / error, df)))


def crossed_difference_unpaired(first_RN: Floats, second_SN: Floats, patients_N: Whole) -> Crossed | None:
    """Return the mean difference of arms whose seeds are no pairs."""
    return crossed_difference((first_RN.mean(0) - second_SN.mean(0))[None], patients_N)
