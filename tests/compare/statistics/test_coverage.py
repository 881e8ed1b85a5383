"""How often intervals hold the truth, where it is known: a short look, and a slow one.

Wilson's and DeLong's take images as independent, and are not asked to be right where patients have several.
The others, of 95 %, hold the truth 93 times of 100 at least; of differences of areas near 1, 90 times, and
so the Brier score of a dozen patients.
"""

from __future__ import annotations

from math import sqrt

import pytest

from benchmarks.coverage import Setting, simulate

ONE_IMAGE = ("Wilson", "DeLong")


def reached(name, setting):
    """Return the share of samples in which the interval is documented to hold the truth."""
    area = "auroc" in name or "average_precision" in name
    near_one = area and "difference" in name and setting.separation > 1.5
    a_dozen_patients = "brier" in name and setting.several and setting.images < 100
    return 0.90 if near_one or a_dozen_patients else 0.93


def too_seldom(setting, repeats, deviations):
    """Return the intervals that hold the truth less often than chance would have it."""
    counted = {
        name: each
        for name, each in simulate(setting, repeats).items()
        if not (setting.several and name.startswith(ONE_IMAGE))
    }
    return {
        name: each.share
        for name, each in counted.items()
        if each.share < reached(name, setting) - deviations * sqrt(0.05 * 0.95 / repeats)
        or each.repeats < 0.99 * repeats
    }


@pytest.mark.parametrize("several", [False, True])
def test_intervals_hold_the_truth_in_a_few_samples(several):
    assert too_seldom(Setting(44, several, repetitions=3), 30, deviations=4) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "repeats"),
    [
        (Setting(44, repetitions=3), 1000),
        (Setting(44, several=True, repetitions=3), 1000),
        (Setting(44, separation=1.8, other=1.5), 1000),
        (Setting(132, repetitions=2), 1000),
        (Setting(132, several=True), 1000),
        (Setting(132, several=True, repetitions=5, paired=False), 1000),
        (Setting(1000, several=True), 300),
    ],
    ids=str,
)
def test_intervals_hold_the_truth_as_often_as_the_page_says(setting, repeats):
    assert too_seldom(setting, repeats, deviations=3) == {}


@pytest.mark.slow
def test_intervals_that_take_images_as_independent_are_too_short_where_patients_have_several():
    counted = simulate(Setting(132, several=True), 500)
    assert counted["Wilson, accuracy"].share < 0.90
    assert counted["DeLong, auroc"].share < 0.90
    assert counted["DeLong, auroc difference"].share < 0.90
