from __future__ import annotations

import dataclasses
import math

import pytest

from tracker.figures.curves import curve_of
from tracker.records import Point


def with_history(run, **history):
    points = {
        name.replace("_", "/"): [Point(step, value) for step, value in enumerate(values, start=1)]
        for name, values in history.items()
    }
    return dataclasses.replace(run, history=points)


def test_a_curve_has_mean_lowest_and_highest_of_the_seeds(make_run):
    runs = [
        with_history(make_run(seed=10), test_accuracy=[0.5, 0.7]),
        with_history(make_run(seed=9), test_accuracy=[0.6, 0.8, 0.9]),
    ]
    curve = curve_of(runs, "test/accuracy")
    assert curve.epochs.tolist() == [1, 2, 3]
    assert curve.mean == pytest.approx([55, 75, 90])
    assert curve.low == pytest.approx([50, 70, 90])
    assert curve.high == pytest.approx([60, 80, 90])
    assert curve.seeds == ("9", "10")


def test_values_that_are_not_finite_are_left_out_of_a_curve(make_run):
    curve = curve_of([with_history(make_run(), train_loss=[math.nan, 0.5, math.inf])], "train/loss")
    assert (curve.epochs.tolist(), curve.mean.tolist()) == ([2], [0.5])
    assert curve_of([with_history(make_run(), train_loss=[math.nan])], "train/loss") is None
