"""A difference over patients and seeds."""

import math

import numpy as np
import pytest
from scipy.stats import t, ttest_1samp

from tracker.compare.statistics.crossed import crossed_difference, crossed_difference_unpaired

PATIENTS = np.repeat(np.arange(20), [1, 2, 3, 4] * 5)
RNG = np.random.default_rng(0)
FIRST, SECOND = (RNG.random((3, 50)) < accuracy for accuracy in (0.85, 0.7))
DIFFERENCES = FIRST.astype(int) - SECOND


def test_with_one_seed_and_one_image_a_patient_it_is_a_t_test():
    plain = ttest_1samp(DIFFERENCES[0], 0)
    result = crossed_difference(DIFFERENCES[:1], np.arange(50))
    assert result is not None
    assert result.interval == pytest.approx(tuple(plain.confidence_interval(0.95)))
    assert (result.p, result.df) == pytest.approx((plain.pvalue, 49))
    assert result.seeds_sd is None


def test_with_as_many_images_a_patient_it_is_a_t_test_of_patients():
    patients = np.tile(np.arange(10), 5)
    plain = ttest_1samp(DIFFERENCES.mean(0).reshape(5, 10).mean(0), 0)
    result = crossed_difference(DIFFERENCES.mean(0, keepdims=True), patients)
    assert result is not None
    assert (result.p, result.df) == pytest.approx((plain.pvalue, 9))


def test_its_parts_are_those_of_an_analysis_of_variance():
    import pandas as pd
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    seed, patient = np.indices(DIFFERENCES.shape)
    columns = {"difference": DIFFERENCES.ravel(), "seed": seed.ravel(), "patient": patient.ravel()}
    data = pd.DataFrame(columns)
    squares = anova_lm(ols("difference ~ C(seed) + C(patient)", data).fit())["mean_sq"]
    of_seeds, of_patients, noise = (squares[key] / 150 for key in ("C(seed)", "C(patient)", "Residual"))
    result = crossed_difference(DIFFERENCES, np.arange(50))
    assert result is not None
    assert result.patients_sd == pytest.approx(math.sqrt(of_patients))
    assert result.seeds_sd == pytest.approx(math.sqrt(of_seeds))
    variance = max(of_patients + of_seeds - noise, of_patients, of_seeds)
    df = variance**2 / (of_patients**2 / 49 + of_seeds**2 / 2)
    assert result.df == pytest.approx(df)
    assert result.interval.high - result.mean == pytest.approx(t.ppf(0.975, df) * math.sqrt(variance))


def test_the_seeds_part_is_that_of_their_accuracies():
    result = crossed_difference(DIFFERENCES, PATIENTS)
    assert result is not None
    assert result.seeds_sd == pytest.approx(DIFFERENCES.mean(1).std(ddof=1) / math.sqrt(3))


def test_the_patients_part_is_that_of_resampled_patients():
    result = crossed_difference(DIFFERENCES, PATIENTS)
    assert result is not None
    sums, sizes = np.bincount(PATIENTS, DIFFERENCES.mean(0)), np.bincount(PATIENTS)
    drawn = np.random.default_rng(1).integers(0, 20, (20_000, 20))
    means = sums[drawn].sum(1) / sizes[drawn].sum(1)
    assert result.patients_sd == pytest.approx(means.std() * math.sqrt(20 / 19), rel=0.05)


def test_copies_of_a_seed_or_of_an_image_add_nothing():
    once = crossed_difference(DIFFERENCES[:1], PATIENTS)
    copied = crossed_difference(np.repeat(DIFFERENCES[:1], 4, 0), PATIENTS)
    assert once is not None
    assert copied is not None
    assert copied.interval == pytest.approx(once.interval)
    assert copied.seeds_sd == pytest.approx(0)
    of_patients = crossed_difference(DIFFERENCES, PATIENTS)
    doubled = crossed_difference(np.repeat(DIFFERENCES, 2, 1), np.repeat(PATIENTS, 2))
    assert of_patients is not None
    assert doubled is not None
    assert doubled[2:] == pytest.approx(of_patients[2:])


def test_seeds_that_differ_widen_the_interval():
    same = np.tile(DIFFERENCES[:1], (3, 1))
    moved = same.copy()
    moved[0, :25], moved[2, 25:] = 1, -1
    narrow, wide = (crossed_difference(x, PATIENTS) for x in (same, moved))
    assert narrow is not None
    assert wide is not None
    assert wide.seeds_sd > 0.05
    assert wide.interval.high - wide.interval.low > 2 * (narrow.interval.high - narrow.interval.low)


def test_neither_order_nor_numbers_of_patients_matter():
    order = RNG.permutation(50)
    result = crossed_difference(DIFFERENCES, PATIENTS)
    other = crossed_difference(DIFFERENCES[::-1, order], 1000 - 7 * PATIENTS[order])
    assert result is not None
    assert other is not None
    assert other.interval == pytest.approx(result.interval)
    assert other[2:] == pytest.approx(result[2:])


@pytest.mark.parametrize("seeds", [1, 3])
def test_swapped_arms_mirror(seeds):
    one, other = (crossed_difference(sign * DIFFERENCES[:seeds], PATIENTS) for sign in (1, -1))
    assert one is not None
    assert other is not None
    assert one.p == pytest.approx(other.p)
    assert one.interval.low == pytest.approx(-other.interval.high)


@pytest.mark.parametrize("seeds", [1, 2, 5])
def test_without_a_disagreement_three_patients_in_all_might_disagree(seeds):
    result = crossed_difference(np.zeros((seeds, 132)), np.repeat(np.arange(44), 3))
    assert result is not None
    assert (result.mean, result.p) == (0.0, 1.0)
    assert result.interval.high == pytest.approx(3 / 44, rel=0.1)
    assert result.interval.low == -result.interval.high


def test_the_same_disagreement_everywhere_is_no_certainty():
    result = crossed_difference(np.ones((2, 40)), np.arange(40))
    assert result is not None
    assert result.mean == 1.0
    assert 0 < result.interval.low < 0.95
    assert result.interval.high == 1.0
    assert 0 < result.p < 0.001


def test_one_patient_is_too_few():
    assert crossed_difference(np.ones((2, 4)), np.zeros(4)) is None
    assert crossed_difference_unpaired(np.ones((2, 4)), np.zeros((1, 4)), np.zeros(4)) is None


def test_seeds_of_two_arms_add_up():
    result = crossed_difference_unpaired(FIRST, SECOND[:2], PATIENTS)
    assert result is not None
    assert result.mean == pytest.approx(FIRST.mean() - SECOND[:2].mean())
    of_seeds = FIRST.mean(1).var(ddof=1) / 3 + SECOND[:2].mean(1).var(ddof=1) / 2
    assert result.seeds_sd == pytest.approx(math.sqrt(of_seeds))


def test_of_an_arm_with_one_seed_only_the_other_arms_seeds_are_known():
    result = crossed_difference_unpaired(FIRST, SECOND[:1], PATIENTS)
    assert result is not None
    assert result.seeds_sd == pytest.approx(FIRST.mean(1).std(ddof=1) / math.sqrt(3))
    alone = crossed_difference_unpaired(FIRST[:1], SECOND[:1], PATIENTS)
    assert alone == crossed_difference(DIFFERENCES[:1], PATIENTS)
