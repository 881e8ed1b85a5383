"""Intervals and a paired test of areas under ROC curves, without resampling.

They take images as independent: where patients have several, the bootstrap over patients is right.

Letters of shapes: N images, P positive ones, Q negative ones, M scores of each image.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from tracker.compare.statistics.answers import Floats, Truth
from tracker.compare.statistics.intervals import LEVEL, Interval

Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


class DeLong(NamedTuple):
    """What the paired test says.

    Attributes:
        difference: The first area minus the second.
        interval: Where the difference lies.
        p: How probable so large a difference is if there is none, both directions counted; 0 to 1.
    """

    difference: float
    interval: Interval
    p: float


def delong_interval(scores_N: Floats, positives_N: Truth) -> Interval | None:
    """Return the interval of the area under the ROC curve, on the scale of its log-odds.

    The standard error is that of DeLong; the ends are taken on the scale of log(area / (1 - area)), where the
    interval stays inside 0 to 1 and is right more often near 1 (Qin and Hotilovac 2008). Where the standard
    error is 0 (an area of 1 or 0, or all scores equal), it is Newcombe's method 5 instead, which, as Wilson's
    for a share, asks which areas would make the seen one improbable.

    Args:
        scores_N: The higher, the more like the finding; may be infinite.
        positives_N: Which images are of the finding.

    Returns:
        None where there are fewer than two images of one of the two kinds, or a score is nan.

    Sources: E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, Biometrics 44 (1988) 837-845; with midranks,
    X. Sun and W. Xu, IEEE Signal Processing Letters 21 (2014) 1389-1393; G. Qin and L. Hotilovac, Statistical
    Methods in Medical Research 17 (2008) 207-221; R. G. Newcombe, Statistics in Medicine 25 (2006) 559-573.
    """
    if not _enough(scores_N, positives_N):
        return None
    areas, covariance = _areas(scores_N[None], positives_N)
    area, error = float(areas[0]), math.sqrt(covariance[0, 0])
    if error <= 0 or area in (0, 1):
        return newcombe(area, int(positives_N.sum()), int((~positives_N).sum()))
    middle, reach = math.log(area / (1 - area)), Z * error / (area * (1 - area))
    return Interval(_share_of(middle - reach), _share_of(middle + reach))


def delong_test(first_N: Floats, second_N: Floats, positives_N: Truth) -> DeLong | None:
    """Compare the areas of two scores of the same images.

    The interval is difference ± 1.96 standard errors, cut at -1 and 1, and goes with p: it covers 0 where p
    is 0.05 at least. Where the difference has no standard error (both rank all pairs alike, or each all
    rightly or all wrongly), the interval reaches to both sides as far as that of an area of 1 with as many
    images, and p goes with it: 1 where there is no difference.

    Args:
        first_N: The higher, the more like the finding; may be infinite.
        second_N: The other score of each image.
        positives_N: Which images are of the finding.

    Returns:
        None where there are fewer than two images of one of the two kinds, or a score is nan.

    Source: as for `delong_interval`.
    """
    if not (_enough(first_N, positives_N) and _enough(second_N, positives_N)):
        return None
    areas, covariance = _areas(np.stack([first_N, second_N]), positives_N)
    difference = float(areas[0] - areas[1])
    error = math.sqrt(max(0.0, float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])))
    if error < 1e-12:
        return _without_error(difference, positives_N)
    interval = Interval(max(-1.0, difference - Z * error), min(1.0, difference + Z * error))
    return DeLong(difference, interval, 2 * NormalDist().cdf(-abs(difference) / error))


def newcombe(area: float, positives: int, negatives: int) -> Interval:
    """Return Newcombe's interval: the areas of which the seen one is 1.96 of their own errors away.

    Args:
        area: The area that was seen, 0 to 1.
        positives: The number of images of the finding.
        negatives: The number of others.

    Source: method 5 of R. G. Newcombe, Statistics in Medicine 25 (2006) 559-573, with the variance of Hanley
    and McNeil (Radiology 143, 1982, 29-36), made symmetric.
    """
    from scipy.optimize import brentq

    def too_far(other: float) -> float:
        more = (positives + negatives) / 2 - 1
        factor = 1 + more * (1 - other) / (2 - other) + more * other / (1 + other)
        return (area - other) ** 2 - Z * Z * other * (1 - other) * factor / (positives * negatives)

    low = 0.0 if area <= 0 else brentq(too_far, 0, _below(area))
    high = 1.0 if area >= 1 else brentq(too_far, 1 - _below(1 - area), 1)
    return Interval(float(low), float(high))


def _below(area: float) -> float:
    # At the area itself and at 1 the function is zero or below, at 0 above.
    return area if area < 1 else 1 - 1e-9


def _without_error(difference: float, positives_N: Truth) -> DeLong:
    reach = 1 - newcombe(1.0, int(positives_N.sum()), int((~positives_N).sum())).low
    interval = Interval(max(-1.0, difference - reach), min(1.0, difference + reach))
    error = reach / Z
    return DeLong(difference, interval, 2 * NormalDist().cdf(-abs(difference) / error))


def _enough(scores_N: Floats, positives_N: Truth) -> bool:
    several = positives_N.sum() >= 2 and (~positives_N).sum() >= 2
    return bool(several and not np.isnan(scores_N).any())


def _areas(scores_MN: Floats, positives_N: Truth) -> tuple[Floats, Floats]:
    """Return the areas [M] and their covariance [M, M]."""
    placements = [_placements(scores_N, positives_N) for scores_N in scores_MN]
    of_positives_MP = np.stack([of_positives for of_positives, _ in placements])
    of_negatives_MQ = np.stack([of_negatives for _, of_negatives in placements])
    spreads = [np.atleast_2d(np.cov(each)) / each.shape[1] for each in (of_positives_MP, of_negatives_MQ)]
    return of_positives_MP.mean(1), spreads[0] + spreads[1]


def _placements(scores_N: Floats, positives_N: Truth) -> tuple[Floats, Floats]:
    """Return the shares of negatives below each positive, and of positives above each negative."""
    positives, negatives = scores_N[positives_N], scores_N[~positives_N]
    below_P = _midranks(positives, negatives) / len(negatives)
    above_Q = 1 - _midranks(negatives, positives) / len(positives)
    return below_P, above_Q


def _midranks(scores: Floats, others: Floats) -> Floats:
    """Return how many of the others are below each score, equal ones counted as half."""
    ordered = np.sort(others)
    below, up_to = (np.searchsorted(ordered, scores, side=side) for side in ("left", "right"))
    ranks: Floats = (below + up_to) / 2
    return ranks


def _share_of(log_odds: float) -> float:
    return 0.5 * (1 + math.tanh(log_odds / 2))
