"""DeLong's interval and paired test: published data, another implementation, and no variance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from MLstatkit import Delong_test

from tracker.compare.statistics.delong import Z, delong_interval, delong_test, newcombe

# Ovarian cancer with an obstructed intestine: albumin, total protein, Krebs-Goplerud score, and whether
# surgery helped. The patients of the paper (DeLong et al., Biometrics 44, 1988) of whom all three are known,
# as SAS's sample library prints them (LOGIEX8, "Comparing Receiver Operating Characteristic Curves"). What is
# expected of them is rounded to the four digits of such a table, and was not looked up in one.
PATIENTS = """
3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0  2.5 5.7 8 0  1.6 5.6 5 1
3.8 5.7 5 1  3.7 6.7 6 1  3.2 5.4 4 1  3.8 6.6 6 1  4.1 6.6 5 1  3.6 5.7 5 1  4.3 7.0 4 1  3.6 6.7 4 0
2.3 4.4 6 1  4.2 7.6 4 0  4.0 6.6 6 0  3.5 5.8 6 1  3.8 6.8 7 1  3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1
3.1 6.6 6 1  4.1 8.2 6 1  4.3 7.0 5 1  4.3 6.5 4 1  3.2 5.1 5 1  2.6 4.7 6 1  3.3 6.8 6 0  1.7 4.0 7 0
3.7 6.1 5 1  3.3 6.3 7 1  4.2 7.7 6 1  3.5 6.2 5 1  2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1
3.3 5.7 6 1  3.7 6.9 5 1  3.6 6.6 5 1
"""
ALBUMIN, PROTEIN, SCORE, HELPED = np.array(PATIENTS.split(), float).reshape(-1, 4).T
# No help is what is foretold: by little albumin and protein, and a high score.
POSITIVES = HELPED == 0


def drawn(seed, *, images=60, tied=False):
    generator = np.random.default_rng(seed)
    positives = generator.random(images) < 0.4
    common = generator.normal(size=images) + positives
    first, second = (common + generator.normal(size=images) * spread for spread in (0.5, 1.0))
    return (first.round(), second.round(), positives) if tied else (first, second, positives)


@pytest.mark.parametrize(
    ("scores", "difference", "low", "high", "p"),
    [(-ALBUMIN, 0.0108, -0.1761, 0.1976, 0.9102), (-PROTEIN, -0.0780, -0.2830, 0.1271, 0.4561)],
    ids=["albumin", "total protein"],
)
def test_the_comparison_with_the_score_in_published_data(scores, difference, low, high, p):
    test = delong_test(scores, SCORE, POSITIVES)
    assert (test.difference, *test.interval, test.p) == pytest.approx((difference, low, high, p), abs=6e-5)


@pytest.mark.parametrize(
    ("scores", "area", "error"),
    [(-ALBUMIN, 0.7366, 0.0927), (SCORE, 0.7258, 0.1028), (-PROTEIN, 0.6478, 0.1000)],
    ids=["albumin", "score", "total protein"],
)
def test_the_areas_and_errors_in_published_data_make_the_interval(scores, area, error):
    low, high = delong_interval(scores, POSITIVES)
    ends = [math.log(end / (1 - end)) for end in (low, high)]
    assert 1 / (1 + math.exp(-sum(ends) / 2)) == pytest.approx(area, abs=6e-5)
    assert (ends[1] - ends[0]) / 2 / Z * area * (1 - area) == pytest.approx(error, abs=6e-5)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_another_implementation_has_the_same_p(seed, tied):
    first, second, positives = drawn(seed, tied=tied)
    test = delong_test(first, second, positives)
    _, p, *_, area_of_first, area_of_second, _ = Delong_test(positives.astype(int), first, second)
    assert test.difference == pytest.approx(area_of_first - area_of_second, abs=1e-12)
    assert test.p == pytest.approx(p, abs=1e-9)


def test_the_interval_and_p_say_the_same():
    for seed in range(30):
        test = delong_test(*drawn(seed))
        assert (test.p >= 0.05) == test.interval.covers_zero


def test_the_first_less_the_second():
    first, second, positives = drawn(0)
    there, back = delong_test(first, second, positives), delong_test(second, first, positives)
    assert there.p == pytest.approx(back.p, abs=1e-15)
    assert (there.difference, *there.interval) == pytest.approx(
        (-back.difference, -back.interval.high, -back.interval.low), abs=1e-15
    )


def test_infinite_scores_are_ranked():
    first, second, positives = drawn(1)
    ends = first.copy()
    ends[np.argsort(first)[-2:]], ends[np.argsort(first)[:1]] = np.inf, -np.inf
    tied = first.copy()
    tied[np.argsort(first)[-2:]] = first.max()
    assert delong_interval(ends, positives) == delong_interval(tied, positives)
    assert delong_test(ends, second, positives) == delong_test(tied, second, positives)


@pytest.mark.parametrize("scale", [1, -1])
def test_a_perfect_area_has_an_interval_that_is_not_a_point(scale):
    positives = np.arange(44) < 22
    low, high = delong_interval(scale * positives.astype(float), positives)
    ends = (low, high) if scale == 1 else (1 - high, 1 - low)
    assert ends == pytest.approx((0.908, 1), abs=5e-4)


def test_the_ends_of_newcombes_interval_are_as_many_errors_away():
    # From the formula of the paper, written out.
    positives, negatives = 20, 30
    for area in (0.0, 0.3, 0.5, 0.83, 1.0):
        for end in newcombe(area, positives, negatives):
            more = (positives + negatives) / 2 - 1
            first, second = (1 - end) / (2 - end), end / (1 + end)
            variance = end * (1 - end) * (1 + more * (first + second)) / (positives * negatives)
            assert abs(area - end) == pytest.approx(Z * math.sqrt(variance), abs=1e-6)


def test_scores_that_are_all_equal_have_an_area_of_a_half_with_an_interval_around_it():
    low, high = delong_interval(np.zeros(50), np.arange(50) < 20)
    assert 0.3 < low < 0.4
    assert low + high == pytest.approx(1)


def test_two_that_rank_alike_do_not_differ():
    first, _, positives = drawn(2)
    test = delong_test(first, np.exp(first), positives)
    assert (test.difference, test.p) == (0, 1)
    assert test.interval.low == -test.interval.high
    assert test.interval.high > 0.05


def test_two_perfect_areas_do_not_differ():
    positives = np.arange(44) < 22
    test = delong_test(positives + 0.01 * np.arange(44), positives - 0.001 * np.arange(44), positives)
    assert (test.difference, test.p) == (0, 1)
    assert test.interval == pytest.approx((-0.092, 0.092), abs=5e-4)


@pytest.mark.parametrize("each", [2, 22])
def test_a_perfect_area_less_one_of_zero_has_a_p_that_goes_with_the_interval_and_with_the_images(each):
    scores, positives = np.arange(2.0 * each), np.arange(2 * each) >= each
    test = delong_test(scores, -scores, positives)
    assert test.difference == 1
    errors = (1 - test.interval.low) / Z
    assert test.p == pytest.approx(math.erfc(1 / errors / math.sqrt(2)))
    assert (test.p > 1e-3) == (each == 2)


@pytest.mark.parametrize("positives", [0, 1, 49, 50])
def test_one_image_of_a_kind_has_no_variance_and_no_interval(positives):
    scores, truth = np.arange(50.0), np.arange(50) < positives
    assert delong_interval(scores, truth) is None
    assert delong_test(scores, -scores, truth) is None


def test_a_score_that_is_nan_has_no_area():
    scores, truth = np.r_[np.nan, np.arange(49.0)], np.arange(50) < 20
    assert delong_interval(scores, truth) is None
    assert delong_test(np.arange(50.0), scores, truth) is None
