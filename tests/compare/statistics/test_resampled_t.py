"""The corrected resampled t-test."""

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from tracker.compare.statistics.resampled_t import corrected_resampled_t


def test_it_gives_the_published_t_and_p():
    # scikit-learn's "Statistical comparison of models using grid search": t 0.750, one-sided p 0.227.
    from sklearn.datasets import make_moons
    from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
    from sklearn.svm import SVC

    images, labels = make_moons(noise=0.352, random_state=1, n_samples=100)
    folds = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    first, second = (
        cross_val_score(SVC(kernel=kernel, random_state=0), images, labels, cv=folds, scoring="roc_auc")
        for kernel in ("rbf", "linear")
    )
    result = corrected_resampled_t(first - second, test_share=0.1)
    assert result is not None
    assert round(result.p / 2, 3) == 0.227
    half = result.interval.high - result.mean
    assert round(result.mean / (half / 1.9842), 3) == 0.750


def test_it_is_a_t_test_with_a_larger_variance():
    differences = np.random.default_rng(1).normal(0.02, 0.03, 15)
    plain = ttest_1samp(differences, 0)
    widening = math.sqrt((1 / 15 + 0.25) * 15)
    result = corrected_resampled_t(differences, test_share=0.2)
    assert result is not None
    low, high = plain.confidence_interval(0.95)
    assert result.df == 14
    assert result.mean == pytest.approx(differences.mean())
    assert result.interval.high - result.interval.low == pytest.approx((high - low) * widening)
    shrunk = differences.mean() + (differences - differences.mean()) * widening
    assert result.p == pytest.approx(ttest_1samp(shrunk, 0).pvalue)


def test_p_is_0_05_where_the_interval_ends():
    differences = np.array([0.1, 0.3, 0.2, 0.15, 0.05])
    reach = corrected_resampled_t(differences, test_share=0.2)
    assert reach is not None
    moved = corrected_resampled_t(differences - reach.interval.low, test_share=0.2)
    assert moved is not None
    assert moved.p == pytest.approx(0.05)


def test_equal_folds_say_nothing_but_that_nothing_differs():
    same = corrected_resampled_t([0.0, 0.0, 0.0], test_share=1 / 3)
    assert same is not None
    assert (same.mean, same.interval, same.p) == (0.0, (0.0, 0.0), 1.0)
    assert corrected_resampled_t([0.1, 0.1, 0.1], test_share=1 / 3) is None


def test_one_fold_is_too_few():
    assert corrected_resampled_t([0.1], test_share=0.5) is None
    assert corrected_resampled_t([], test_share=0.5) is None


def test_swapped_arms_mirror():
    differences = np.array([0.1, -0.02, 0.04, 0.0, 0.06])
    one, other = (corrected_resampled_t(sign * differences, test_share=0.2) for sign in (1, -1))
    assert one is not None
    assert other is not None
    assert one.p == pytest.approx(other.p)
    assert one.interval.low == pytest.approx(-other.interval.high)
