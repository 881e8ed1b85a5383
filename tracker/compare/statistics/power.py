"""What McNemar's test could establish: its power, the smallest difference, the images that one needs.

Letters of shapes: M numbers of disagreements, K clusters (patients).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Test = Literal["mid_p", "exact"]
Counts = NDArray[np.int64] | NDArray[np.float64] | Sequence[int] | Sequence[float]

MOST_IMAGES = 10_000_000
"""More images than these nobody has."""

_EXACT_IMAGES = 20_000
"""Above, the normal approximation is within a thousandth of the exact number."""

_TAIL = 1e-12


def power_of_mcnemar(
    images: int, difference: float, discordance: float, *, test: Test = "mid_p", alpha: float = 0.05
) -> float:
    """Return the probability that McNemar's test finds two arms different.

    Exact: summed over how many images the arms disagree on (binomial), and of these over how many are the
    first arm's (binomial). With a difference of zero it is the test's size.

    Args:
        images: The number of test images, which do not hang together.
        difference: The true difference of the accuracies, -`discordance` to `discordance`.
        discordance: The share of images that only one of the arms gets right, 0 to 1.
        test: With mid-p, or exact.
        alpha: The level of the test, 0 to 1.

    Source: the tests' own definitions; S. W. Duffy, Biometrics 40 (1984) 1005-1015, for the sum.
    """
    from scipy.stats import binom

    if images < 1 or discordance <= 0:
        return 0.0
    # Numbers of disagreements beyond these bounds are so seldom that they change no digit.
    low, high = (int(binom.ppf(tail, images, discordance)) for tail in (_TAIL, 1 - _TAIL))
    numbers_M = np.arange(max(low, 0), high + 1)
    critical_M = _critical(numbers_M, test, alpha)
    first = min(max((discordance + difference) / (2 * discordance), 0.0), 1.0)
    rejects_M = binom.cdf(critical_M, numbers_M, first) + binom.cdf(critical_M, numbers_M, 1 - first)
    return float((binom.pmf(numbers_M, images, discordance) * rejects_M).sum())


def _critical(numbers_M: NDArray[np.int64], test: Test, alpha: float) -> NDArray[np.int64]:
    """Return [M] the largest smaller count that the test rejects; -1: it rejects none."""
    from scipy.stats import binom

    candidates_M = binom.ppf(alpha / 2, numbers_M, 0.5)
    tails_M = binom.cdf(candidates_M, numbers_M, 0.5)
    if test == "mid_p":
        tails_M = tails_M - binom.pmf(candidates_M, numbers_M, 0.5) / 2
    critical_M: NDArray[np.int64] = np.where(tails_M <= alpha / 2, candidates_M, candidates_M - 1).astype(
        np.int64
    )
    return critical_M


@lru_cache(maxsize=256)
def smallest_difference(
    images: int, discordance: float, *, power: float = 0.8, alpha: float = 0.05
) -> float | None:
    """Return the smallest difference of accuracies that McNemar's mid-p test establishes with that power.

    Args:
        images: The number of test images, which do not hang together; else divided by the design effect.
        discordance: The share of images that only one of the arms gets right, 0 to 1.
        power: With which probability, 0 to 1.
        alpha: The level of the test, 0 to 1.

    Returns:
        None: with so few disagreements no difference is established with that power, not even if all of them
        are the same arm's.
    """
    from scipy.optimize import brentq

    def lacking(difference: float) -> float:
        return power_of_mcnemar(images, difference, discordance, alpha=alpha) - power

    if lacking(discordance) < 0:
        return None
    if lacking(0.0) >= 0:
        return 0.0
    return float(brentq(lacking, 0.0, discordance, xtol=1e-6))


@lru_cache(maxsize=256)
def images_needed(
    difference: float, discordance: float, *, power: float = 0.8, alpha: float = 0.05
) -> int | None:
    """Return how many test images McNemar's mid-p test needs to establish a difference with that power.

    By bisection of the exact power, which rises with the images but for small ripples: some slightly smaller
    number may do, too. Above some thousands of images by the normal approximation.

    Args:
        difference: The true difference of the accuracies; its sign does not matter.
        discordance: The share of images that only one of the arms gets right, 0 to 1.
        power: With which probability, 0 to 1.
        alpha: The level of the test, 0 to 1.

    Returns:
        None: the difference is zero or larger than the discordance, which cannot be, or more than ten million
        images are needed.

    Source: R. J. Connor, Biometrics 43 (1987) 207-211, for the normal approximation.
    """
    if difference == 0 or abs(difference) > discordance + 1e-12:
        return None
    about = _images_by_normal(difference, discordance, power, alpha)
    if about > _EXACT_IMAGES:
        return about if about <= MOST_IMAGES else None

    def enough(images: int) -> bool:
        return power_of_mcnemar(images, difference, discordance, alpha=alpha) >= power

    few, many = 0, about
    while not enough(many):
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if enough(middle) else (middle, many)
    return many


def _images_by_normal(difference: float, discordance: float, power: float, alpha: float) -> int:
    from scipy.stats import norm

    null = float(norm.isf(alpha / 2)) * math.sqrt(discordance)
    other = float(norm.isf(1 - power)) * math.sqrt(max(discordance - difference**2, 0.0))
    return max(math.ceil(((null + other) / difference) ** 2), 1)


def design_effect(only_first_K: Counts, only_second_K: Counts, sizes_K: Counts) -> float:
    """Return how many times larger a difference's variance is than if no image hung together with another.

    So many images as there are, divided by it, say as much as that many of different patients. Below 1 where
    patients' images vary less than chance has it; callers who want to be cautious take 1 then.

    Args:
        only_first_K: [K] How many images of each patient only the first arm got right.
        only_second_K: [K] How many images of each patient only the second arm got right.
        sizes_K: [K] How many images each patient has, one at least.

    Returns:
        1 where nothing varies: no disagreement, or each image the same arm's. With a single patient the
        number of its images, as if they were one.

    Source: L. Kish, Survey Sampling (1965), section 8.2; the variance of a ratio from clusters: W. G.
        Cochran, Sampling Techniques (1977), chapter 9.
    """
    first_K, second_K, images_K = (np.asarray(x, np.float64) for x in (only_first_K, only_second_K, sizes_K))
    clusters, images = len(images_K), float(images_K.sum())
    if clusters < 2:
        return max(images, 1.0)
    mean = float((first_K - second_K).sum()) / images
    independent = (float((first_K + second_K).sum()) - images * mean**2) / (images - 1)
    if independent <= 0:
        return 1.0
    residuals_K = first_K - second_K - mean * images_K
    return float((residuals_K**2).sum()) * clusters / (clusters - 1) / (images * independent)
