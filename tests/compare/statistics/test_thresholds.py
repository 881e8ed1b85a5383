"""The threshold that the validation images choose."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_curve

from tracker.compare.statistics.thresholds import youden

INF = np.inf


def gained(threshold, scores, positives):
    called = scores >= threshold
    return called[positives].mean() - called[~positives].mean()


@pytest.mark.parametrize("seed", range(20))
def test_no_other_threshold_gains_more(seed):
    generator = np.random.default_rng(seed)
    positives = generator.random(30) < 0.4
    scores = (generator.normal(size=30) + positives).round(1)
    false, true, _ = roc_curve(positives, scores)
    assert gained(youden(scores, positives), scores, positives) == pytest.approx((true - false).max())


@pytest.mark.parametrize(
    ("scores", "positives", "threshold"),
    [
        ([1, 2, 4, 5], [0, 0, 1, 1], 3),
        # Two gaps are as good; the one at even odds is taken.
        ([-5, -3, -1, 1, 3, 5], [0, 1, 0, 1, 0, 1], 0),
        # Equally near: the lower one.
        ([-3, -1, 1, 3], [0, 1, 0, 1], -2),
        ([-INF, 1, 2], [0, 1, 1], 0),
        ([-INF, -2, -1], [0, 1, 1], -2),
        ([-INF, INF], [0, 1], 0),
        ([0.0, np.nextafter(0, 1)], [0, 1], np.nextafter(0, 1)),
    ],
)
def test_the_middle_of_the_gap_nearest_to_even_odds(scores, positives, threshold):
    assert youden(np.array(scores, float), np.array(positives, bool)) == threshold


def test_above_a_finite_score_and_below_an_infinite_one_is_just_above():
    threshold = youden(np.array([1.0, 2.0, INF]), np.array([False, False, True]))
    assert 2 < threshold < 2.001


@pytest.mark.parametrize(
    ("scores", "positives"),
    [([], []), ([1, 2], [1, 1]), ([1, 2], [0, 0]), ([2, 2], [0, 1]), ([1, 2], [1, 0]), ([np.nan, 2], [1, 0])],
    ids=["nothing", "one class", "the other class", "equal scores", "the wrong way round", "nan"],
)
def test_even_odds_where_there_is_nothing_to_choose_from(scores, positives):
    assert youden(np.array(scores, float), np.array(positives, bool)) == 0
