"""How much worse networks are elsewhere: the numbers by hand, their intervals, folds as their repetition."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.support.drawn_answers import drawn_answers, of_scores
from tracker.compare.statistics.drops import BothPlaces, difference_of_drops, drop_of
from tracker.compare.statistics.measures import measure_of

MANY = 4000


def both_places(here, there):
    return BothPlaces(here, there, [[place] for place in range(here.repetitions)])


def test_a_drop_is_what_is_lost_and_positive_where_it_is_worse_there():
    arm = both_places(drawn_answers(separation=2.0), drawn_answers(images=60, separation=0.5, seed=1))
    for measure, sign in (("accuracy", 1), ("auroc", 1), ("brier", -1)):
        here, there = (measure_of(answers, measure).mean() for answers in (arm.here, arm.there))
        assert drop_of(arm, measure, resamples=50).estimate == pytest.approx(sign * (here - there))


def test_its_standard_error_is_that_of_two_independent_samples():
    generator = np.random.default_rng(5)
    labels = [0, 1] * 100
    here, there = (
        of_scores(generator.normal(size=200) + np.array(labels), labels[:size])
        if size == 200
        else of_scores(generator.normal(size=size) + np.array(labels[:size]), labels[:size])
        for size in (200, 120)
    )
    drop = drop_of(both_places(here, there), "accuracy", resamples=MANY)
    shares = [measure_of(answers, "accuracy")[0] for answers in (here, there)]
    variance = sum(share * (1 - share) / size for share, size in zip(shares, (200, 120), strict=True))
    assert (drop.patients.high - drop.patients.low) / 2 == pytest.approx(1.98 * math.sqrt(variance), rel=0.05)
    assert drop.both is None


def test_equally_many_patients_are_not_drawn_alike_in_both_places():
    # Of the same answers, resampled alike, a drop would be zero in every resample.
    answers = drawn_answers(repetitions=1, images=80)
    drop = drop_of(both_places(answers, replace(answers)), "accuracy", resamples=MANY)
    assert drop.estimate == 0
    assert drop.patients.high - drop.patients.low > 0.1


def test_modes_that_lose_the_same_do_not_differ_and_one_that_loses_more_does():
    strong, middling, weak = (drawn_answers(images=200, separation=size, seed=7) for size in (4.0, 2.0, 0.2))
    slips, falls = both_places(strong, middling), both_places(replace(strong), weak)
    alike = both_places(replace(strong), replace(middling))
    same = difference_of_drops(slips, alike, "accuracy", resamples=500)
    assert same.estimate == 0
    assert same.both.covers_zero
    more = difference_of_drops(falls, slips, "accuracy", resamples=500)
    drops = [drop_of(arm, "accuracy", resamples=500).estimate for arm in (falls, slips)]
    assert drops[0] > drops[1] > 0.01
    assert more.estimate == pytest.approx(drops[0] - drops[1])
    assert more.both.low > 0
    assert more.p_both < 0.01


def test_networks_of_folds_are_one_repetition_together():
    here, there = drawn_answers(repetitions=2), drawn_answers(repetitions=6, images=50, seed=2)
    arm = BothPlaces(here, there, [[0, 1, 2], [3, 4, 5]])
    values = measure_of(there, "accuracy").reshape(2, 3).mean(1)
    expected = (measure_of(here, "accuracy") - values).mean()
    drop = drop_of(arm, "accuracy", resamples=50)
    assert drop.estimate == pytest.approx(expected)
    assert drop.both is not None


def test_what_has_no_measure_has_no_drop():
    one_class = of_scores([0.5, -0.5, 1.0], [1, 1, 1])
    assert drop_of(both_places(drawn_answers(repetitions=1), one_class), "auroc") is None
