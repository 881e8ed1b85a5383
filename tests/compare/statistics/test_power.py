"""Power of McNemar's test, and what follows from it."""

import time
from math import comb

import numpy as np
import pytest

from tracker.compare.statistics.mcnemar import mcnemar
from tracker.compare.statistics.power import (
    design_effect,
    images_needed,
    power_of_mcnemar,
    smallest_difference,
)


@pytest.mark.parametrize(
    ("difference", "discordance", "exact", "mid_p"),
    [(0, 0.1, 0.0256, 0.0444), (0, 0.2, 0.0299, 0.0446), (0.1, 0.2, 0.6813, 0.7391)],
)
def test_size_and_power_of_132_images_are_the_known_ones(difference, discordance, exact, mid_p):
    assert power_of_mcnemar(132, difference, discordance, test="exact") == pytest.approx(exact, abs=5e-5)
    assert power_of_mcnemar(132, difference, discordance) == pytest.approx(mid_p, abs=5e-5)


@pytest.mark.parametrize("test", ["mid_p", "exact"])
@pytest.mark.parametrize("alpha", [0.05, 0.3])
def test_power_is_the_sum_over_all_tables(test, alpha):
    images, difference, discordance = 17, 0.25, 0.45
    first, second = (discordance + difference) / 2, (discordance - difference) / 2
    power = 0.0
    for b in range(images + 1):
        for c in range(images + 1 - b):
            result = mcnemar(b, c)
            if (result.mid_p if test == "mid_p" else result.exact_p) <= alpha:
                ways = comb(images, b) * comb(images - b, c)
                power += ways * first**b * second**c * (1 - discordance) ** (images - b - c)
    assert power_of_mcnemar(images, difference, discordance, test=test, alpha=alpha) == pytest.approx(power)


def test_power_is_the_share_of_simulated_studies():
    rng = np.random.default_rng(0)
    tables, times = np.unique(rng.multinomial(60, [0.22, 0.08, 0.7], 4000), axis=0, return_counts=True)
    hits = np.average([mcnemar(int(b), int(c)).mid_p <= 0.05 for b, c, _ in tables], weights=times)
    assert power_of_mcnemar(60, 0.14, 0.3) == pytest.approx(hits, abs=0.025)


def test_the_smallest_difference_has_just_the_power():
    difference = smallest_difference(132, 0.2)
    assert difference is not None
    assert power_of_mcnemar(132, difference, 0.2) == pytest.approx(0.8, abs=1e-4)
    assert power_of_mcnemar(132, difference - 0.002, 0.2) < 0.8


def test_few_disagreements_establish_no_difference():
    assert smallest_difference(44, 0.05) is None
    assert smallest_difference(132, 0.0) is None
    assert images_needed(0.0, 0.2) is None
    assert images_needed(0.3, 0.2) is None
    assert images_needed(0.00001, 0.2) is None
    assert power_of_mcnemar(0, 0.1, 0.2) == 0.0


@pytest.mark.parametrize(("difference", "discordance"), [(0.1, 0.2), (0.2, 0.2), (-0.15, 0.4)])
def test_the_images_needed_have_the_power_and_hardly_fewer_do(difference, discordance):
    needed = images_needed(difference, discordance)
    assert needed is not None
    assert power_of_mcnemar(needed, difference, discordance) >= 0.8
    enough = [n for n in range(1, needed) if power_of_mcnemar(n, difference, discordance) >= 0.8]
    assert not enough or enough[0] > 0.95 * needed


def test_many_images_are_counted_by_the_normal_approximation_which_meets_the_exact_one():
    images = images_needed(0.005, 0.2)
    assert images is not None
    assert images > 20_000
    assert power_of_mcnemar(images, 0.005, 0.2) == pytest.approx(0.8, abs=0.001)


def test_it_is_fast():
    start = time.process_time()
    for images in (50, 500, 20_000):
        smallest_difference(images, 0.123)
    images_needed(0.0093, 0.123)
    assert time.process_time() - start < 2


def test_images_of_one_patient_each_have_no_design_effect():
    first = np.repeat([1, 0, 0], [9, 5, 60])
    second = np.repeat([0, 1, 0], [9, 5, 60])
    assert design_effect(first, second, np.ones(74)) == pytest.approx(1)


def test_images_that_are_copies_count_once():
    first = 3 * np.repeat([1, 0, 0], [9, 5, 60])
    second = 3 * np.repeat([0, 1, 0], [9, 5, 60])
    assert design_effect(first, second, np.full(74, 3)) == pytest.approx(3, rel=0.02)


def test_the_design_effect_is_the_ratio_of_variances():
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 5, 4000)
    # Whole patients favor one arm by chance: an image is of the favored arm alone with probability 0.3.
    toward = rng.choice([1, -1], 4000)
    count = rng.binomial(sizes, 0.3)
    first, second = np.where(toward > 0, count, 0), np.where(toward < 0, count, 0)
    # Two images of one patient have the covariance 0.09, an image the variance 0.3.
    expected = 1 + 0.3 * ((sizes**2).sum() / sizes.sum() - 1)
    assert design_effect(first, second, sizes) == pytest.approx(expected, rel=0.05)


def test_where_nothing_varies_the_design_effect_is_one():
    assert design_effect([0, 0], [0, 0], [2, 3]) == 1.0
    assert design_effect([2, 3], [0, 0], [2, 3]) == 1.0
    assert design_effect([2], [1], [6]) == 6.0
