"""Intervals by resampling: against another implementation, formulas, and where resamples say nothing."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import stambo
from scipy.stats import t

from tests.support.drawn_answers import drawn_answers, of_scores
from tracker.compare.statistics.bootstrap import bootstrap_intervals, paired_intervals
from tracker.compare.statistics.intervals import wilson
from tracker.compare.statistics.measures import MEASURES, measure_of

MANY = 20_000


def log_odds(share):
    return math.log(share / (1 - share))


OF_ANY_CLASS = {"accuracy", "brier", "brier_calibrated", "ece", "ece_calibrated"}


def one_repetition(answers, place=0):
    return replace(
        answers,
        probabilities=answers.probabilities[[place]],
        scores=answers.scores[[place]],
        called=None if answers.called is None else answers.called[[place]],
        calibrated=answers.calibrated[[place]],
    )


def reach_of(interval, estimate):
    """Return half the width, where it is symmetric on the scale of the log-odds, on the plain scale."""
    return (log_odds(interval.high) - log_odds(interval.low)) / 2 * estimate * (1 - estimate)


def test_the_estimate_is_the_mean_over_repetitions_and_sd_theirs():
    answers = drawn_answers()
    for name, spread in bootstrap_intervals(answers, MEASURES, resamples=50).items():
        values_R = measure_of(answers, name)
        assert spread.estimate == pytest.approx(values_R.mean(), abs=1e-12)
        assert spread.sd == pytest.approx(values_R.std(ddof=1), abs=1e-12)
        assert spread.patients.low < spread.estimate < spread.patients.high
        assert spread.both.low < spread.estimate < spread.both.high


def test_the_interval_of_an_accuracy_is_that_of_the_formula():
    answers = one_repetition(drawn_answers(images=100))
    spread = bootstrap_intervals(answers, ["accuracy"], resamples=MANY)["accuracy"]
    error = math.sqrt(spread.estimate * (1 - spread.estimate) / 99)
    assert reach_of(spread.patients, spread.estimate) == pytest.approx(error * t.ppf(0.975, 99), rel=0.02)
    assert log_odds(spread.patients.low) + log_odds(spread.patients.high) == pytest.approx(
        2 * log_odds(spread.estimate)
    )


def test_patients_with_several_images_that_are_alike_count_once():
    once = one_repetition(drawn_answers(images=50, seed=3))
    fourfold = replace(
        once,
        labels=np.repeat(once.labels, 4),
        patients=np.repeat(once.patients, 4),
        probabilities=np.repeat(once.probabilities, 4, axis=1),
        scores=np.repeat(once.scores, 4, axis=1),
        called=np.repeat(once.called, 4, axis=1),
        calibrated=np.repeat(once.calibrated, 4, axis=1),
    )
    one, four = (bootstrap_intervals(each, MEASURES, resamples=200) for each in (once, fourfold))
    for name in MEASURES:
        assert four[name].patients == pytest.approx(one[name].patients, abs=1e-9), name


def test_differences_have_the_standard_error_of_another_implementation():
    first, second = (drawn_answers(images=120, images_a_patient=3, seed=seed) for seed in (0, 1))
    first, second = one_repetition(first), one_repetition(second)
    ours = paired_intervals(first, second, ["auroc", "accuracy"], paired_seeds=False, resamples=2000)
    theirs = stambo.compare_models(
        first.labels,
        second.probabilities[0, :, 1],
        first.probabilities[0, :, 1],
        metrics=("ROCAUC",),
        groups=first.patients,
        n_bootstrap=200,
        seed=0,
        silent=True,
    )["ROCAUC"]
    interval, small = ours["auroc"].patients, math.sqrt(40 / 39) * t.ppf(0.975, 39) / 1.96
    assert ours["auroc"].estimate == pytest.approx(theirs[1], abs=1e-12)
    assert interval.high - interval.low == pytest.approx((theirs[3] - theirs[2]) * small, rel=0.2)


def test_both_adds_the_variance_of_repetitions_to_that_of_patients():
    # Every image is answered alike by all but for a shift of its own: no interplay of image and repetition.
    generator = np.random.default_rng(0)
    base, shifts = 0.5 + 0.1 * generator.normal(size=200), np.array([-0.1, 0.0, 0.02, 0.12])
    first = of_scores(np.zeros((4, 200)), [1] * 200)
    given = np.clip(base + shifts[:, None], 0.01, 0.99)
    answers = replace(first, probabilities=np.stack([1 - given, given], 2))
    spread = bootstrap_intervals(answers, ["brier"], resamples=5000)["brier"]
    values_RN = (1 - given) ** 2
    of_patients, of_seeds = values_RN.mean(0).var(ddof=1) / 200, values_RN.mean(1).var(ddof=1) / 4
    variance = of_patients + of_seeds
    freedom = variance**2 / (of_patients**2 / 199 + of_seeds**2 / 3)
    expected = math.sqrt(variance) * t.ppf(0.975, freedom)
    assert reach_of(spread.both, spread.estimate) == pytest.approx(expected, rel=0.06)


def test_one_repetition_has_no_interval_over_repetitions():
    answers = drawn_answers()
    single = one_repetition(answers)
    assert bootstrap_intervals(single, ["auroc"])["auroc"].both is None
    assert bootstrap_intervals(single, ["auroc"])["auroc"].sd is None
    pair = paired_intervals(single, single, ["auroc"], paired_seeds=False)["auroc"]
    assert pair.both is None
    assert pair.p_both is None
    assert pair.patients is not None


def test_one_repetition_beside_several_leaves_the_chance_of_the_several_in():
    several = drawn_answers(images=400, repetitions=4)
    apart = replace(several, scores=several.scores * np.array([1, 1, -1, -1])[:, None, None])
    single = one_repetition(drawn_answers(images=400, seed=1))
    near, far = (
        paired_intervals(single, arm, ["auroc"], paired_seeds=False)["auroc"] for arm in (several, apart)
    )
    values_R = measure_of(apart, "auroc")
    error = values_R.std(ddof=1) / 2
    assert far.both.high - far.estimate == pytest.approx(error * t.ppf(0.975, 3), rel=0.2)
    assert far.p_both > 0.05 > far.p_patients
    assert near.both.high - near.both.low >= near.patients.high - near.patients.low


@pytest.mark.parametrize("images_a_patient", [1, 4])
def test_perfect_answers_have_the_interval_of_wilson_for_the_patients(images_a_patient):
    answers = drawn_answers(images=40, images_a_patient=images_a_patient, separation=50)
    patients = 40 // images_a_patient
    spreads = bootstrap_intervals(answers, MEASURES, resamples=100)
    assert spreads["accuracy"].patients == pytest.approx(wilson(patients, patients))
    assert spreads["accuracy"].both == pytest.approx(wilson(patients, patients))
    for name in ("sensitivity", "specificity", "auroc", "average_precision", "balanced_accuracy"):
        assert spreads[name].patients == pytest.approx(wilson(patients // 2, patients // 2)), name


def test_answers_that_are_all_wrong_have_the_interval_of_wilson_too():
    answers = drawn_answers(separation=-50)
    assert bootstrap_intervals(answers, ["accuracy"])["accuracy"].patients == wilson(0, 40)


def test_two_that_never_disagree_may_differ_as_far_as_the_patients_leave_open():
    answers = drawn_answers()
    pair = paired_intervals(answers, answers, MEASURES, paired_seeds=True, resamples=100)
    open_yet = wilson(0, 40).high
    assert pair["accuracy"].patients == pytest.approx((-open_yet, open_yet))
    assert [each.p_patients for each in pair.values()] == [1.0] * len(MEASURES)
    assert [each.estimate for each in pair.values()] == [0.0] * len(MEASURES)


def test_one_patient_has_no_interval():
    answers = drawn_answers(images=8, images_a_patient=8)
    spread = bootstrap_intervals(answers, ["accuracy", "auroc"])
    assert (spread["accuracy"].patients, spread["accuracy"].both) == (None, None)
    assert "auroc" not in spread


def test_a_class_of_one_patient_has_no_interval():
    answers = of_scores(np.random.default_rng(0).normal(size=(3, 30)), [1] + 29 * [0])
    spreads = bootstrap_intervals(answers, MEASURES, resamples=100)
    with_interval = {name for name, spread in spreads.items() if spread.patients is not None}
    assert with_interval == OF_ANY_CLASS | {"specificity", "specificity_at_threshold"}


def test_one_class_leaves_out_what_cannot_be():
    answers = of_scores(np.random.default_rng(0).normal(size=(3, 30)), 30 * [0])
    expected = OF_ANY_CLASS | {"specificity", "specificity_at_threshold"}
    assert set(bootstrap_intervals(answers, MEASURES, resamples=100)) == expected
    assert set(paired_intervals(answers, answers, MEASURES, paired_seeds=True, resamples=100)) == expected


@pytest.mark.parametrize("arm", [{"classes": 5}, {"tied": True}, {"infinite": True}, {"images": 4}])
def test_numbers_are_never_nan(arm):
    first, second = (drawn_answers(**arm, seed=seed) for seed in (0, 1))
    for spread in bootstrap_intervals(first, MEASURES, resamples=200).values():
        assert np.isfinite([spread.estimate, *(spread.patients or ()), *(spread.both or ())]).all()
    for pair in paired_intervals(first, second, MEASURES, paired_seeds=True, resamples=200).values():
        numbers = [
            pair.estimate,
            *(pair.patients or ()),
            *(pair.both or ()),
            pair.p_patients or 0,
            pair.p_both or 0,
        ]
        assert np.isfinite(numbers).all()


def test_p_says_what_the_interval_says():
    for seed in range(12):
        first, second = drawn_answers(seed=seed, separation=1.4), drawn_answers(seed=seed + 50)
        for pair in paired_intervals(first, second, MEASURES, paired_seeds=True, resamples=100).values():
            assert (pair.p_patients >= 0.05) == pair.patients.covers_zero
            assert (pair.p_both >= 0.05) == pair.both.covers_zero


def test_the_first_less_the_second():
    first, second = drawn_answers(seed=1), drawn_answers(seed=2)
    there, back = (
        paired_intervals(*arms, ["brier"], paired_seeds=True, resamples=300)["brier"]
        for arms in ((first, second), (second, first))
    )
    assert there.estimate == pytest.approx(
        measure_of(first, "brier").mean() - measure_of(second, "brier").mean()
    )
    assert there.both == pytest.approx((-back.both.high, -back.both.low), abs=1e-12)


def test_seeds_that_are_no_pairs_may_be_of_different_numbers():
    first, second = drawn_answers(repetitions=2), drawn_answers(repetitions=5, seed=1)
    assert paired_intervals(first, second, ["auroc"], paired_seeds=False)["auroc"].both is not None
    with pytest.raises(ValueError, match="as many"):
        paired_intervals(first, second, ["auroc"], paired_seeds=True)


def test_other_images_are_refused():
    first, second = drawn_answers(), drawn_answers(images=41)
    with pytest.raises(ValueError, match="same images"):
        paired_intervals(first, second, ["auroc"], paired_seeds=True)


def test_the_same_seed_gives_the_same_numbers_and_another_one_others():
    answers = drawn_answers()
    one, again, other = (
        bootstrap_intervals(answers, MEASURES, resamples=100, seed=seed) for seed in (0, 0, 1)
    )
    assert one == again
    assert one["auroc"] != other["auroc"]


def test_a_brier_score_of_several_classes_may_be_above_one():
    answers = drawn_answers(classes=3, separation=-6)
    spread = bootstrap_intervals(answers, ["brier"])["brier"]
    assert 1 < spread.patients.low < spread.estimate < spread.patients.high < 2
