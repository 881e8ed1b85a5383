"""How uncertain a mean over repetitions is, by its resamples: over patients, and over repetitions as well.

Letters of shapes: R repetitions, B resamples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tracker.compare.statistics.answers import Floats
from tracker.compare.statistics.intervals import LEVEL, Interval
from tracker.compare.statistics.resampling import repetition_weights

_NONE = 1e-9
"""A standard error below it is the rounding of numbers that are all the same."""


@dataclass(frozen=True, eq=False)
class Part:
    """What was measured of repetitions of which each could be another one. A number is the sum of parts.

    A number of one arm is one part; so is a difference where repetitions are pairs. Where they are not, the
    first arm is one part, and the second, with the other sign, another.

    Attributes:
        points: [R] Measured of the images as they are.
        values: [B, R] Measured of each resample of patients; nan where it lacks a class.
    """

    points: Floats
    values: Floats

    @property
    def repetitions(self) -> int:
        """The number of repetitions."""
        return len(self.points)

    @property
    def variance(self) -> float:
        """Of the mean, by how far repetitions are apart."""
        return float(self.points.var(ddof=1)) / self.repetitions


class SamplingError(NamedTuple):
    """How far a number may be off.

    Attributes:
        size: The standard error.
        freedom: Its degrees of freedom.
    """

    size: float
    freedom: float

    @property
    def is_none(self) -> bool:
        """Whether all resamples are the same, so that they do not say how far it may be off."""
        return self.size < _NONE

    @property
    def reach(self) -> float:
        """How far the interval reaches to each side: the standard error times the quantile of Student's t."""
        from scipy.special import stdtrit

        return self.size * float(stdtrit(self.freedom, (1 + LEVEL) / 2))

    def p(self, difference: float) -> float:
        """Return how probable so large a difference is where there is none, both directions counted."""
        from scipy.special import stdtr

        return min(1.0, 2 * float(stdtr(self.freedom, -abs(difference) / self.size)))


def over_patients(parts: Sequence[Part], patients: int) -> SamplingError | None:
    """Return the error that another sample of patients makes, the repetitions as they are.

    The variance over the resamples is that of P drawn of P patients, which is too small by (P - 1) / P.

    Args:
        parts: Their sum is the number.
        patients: On how many it rests.

    Returns:
        None where it rests on one patient, or most resamples lack a class.
    """
    variance = _variance_over_resamples([part.values.mean(1) for part in parts])
    if patients < 2 or variance is None:
        return None
    return SamplingError(math.sqrt(variance * patients / (patients - 1)), patients - 1)


def over_both(parts: Sequence[Part], patients: int, generator: np.random.Generator) -> SamplingError | None:
    """Return the error that other patients and other repetitions make together.

    Both are resampled together. That counts three times what depends on image and repetition at once
    (Owen 2007), and each of the two alone counts it once: so twice the sum of the two alone, less both
    together, counts it once, too. It is never taken as smaller than either alone. Degrees of freedom are
    Satterthwaite's, so that two seeds that are far apart make a wide interval. What other repetitions of a
    part with a single one would give is not known, and not in it.

    Args:
        parts: Their sum is the number.
        patients: On how many it rests.
        generator: Where chance comes from.

    Returns:
        None where there is no error over patients, or every part has one repetition only.

    Sources: A. B. Owen, Annals of Applied Statistics 1 (2007) 386-411; F. E. Satterthwaite, Biometrics
    Bulletin 2 (1946) 110-114.
    """
    alone = over_patients(parts, patients)
    several = [part for part in parts if part.repetitions > 1]
    if alone is None or not several:
        return None
    together = _variance_over_resamples([_resampled(part, generator) for part in parts])
    if together is None:
        return None
    of_patients, of_repetitions = alone.size**2, [part.variance for part in several]
    once = 2 * (of_patients + sum(of_repetitions)) - together * patients / (patients - 1)
    variance = max(once, of_patients, sum(of_repetitions))
    spread = [of_patients**2 / alone.freedom]
    spread += [each**2 / (part.repetitions - 1) for each, part in zip(of_repetitions, several, strict=True)]
    freedom = variance**2 / sum(spread) if variance > _NONE**2 else alone.freedom
    return SamplingError(math.sqrt(variance), freedom)


def on_log_odds(value: float, error: SamplingError) -> Interval:
    """Return the interval of a number between 0 and 1, symmetric on the scale of log(value / (1 - value)).

    It stays inside 0 to 1 and is longer towards the middle, as the chance of a share is.
    """
    middle, reach = math.log(value / (1 - value)), error.reach / (value * (1 - value))
    low, high = (0.5 * (1 + math.tanh(end / 2)) for end in (middle - reach, middle + reach))
    return Interval(low, high)


def _resampled(part: Part, generator: np.random.Generator) -> Floats:
    """Return the means [B] of resampled patients and repetitions."""
    resamples, repetitions = part.values.shape
    if repetitions == 1:
        return part.values[:, 0]
    means_B: Floats = (part.values * repetition_weights(repetitions, resamples, generator)).sum(1)
    return means_B


def _variance_over_resamples(parts_B: Sequence[Floats]) -> float | None:
    """Return the variance of the sum, resamples without a class left out; None where most are."""
    sums_B = np.sum(parts_B, axis=0)
    known = sums_B[~np.isnan(sums_B)]
    return float(known.var()) if 2 * len(known) > len(sums_B) else None
