from __future__ import annotations

import json

import pytest

from tracker.compare.majority import Majority, majority_of, recorded_class_counts


def test_the_majority_is_the_largest_class():
    majority = Majority.of({"sick": 6, "normal": 120})
    assert (majority.name, majority.count, majority.total, majority.classes) == ("normal", 120, 126, 2)
    assert majority.share == pytest.approx(0.95238, abs=1e-5)


@pytest.mark.parametrize(
    ("counts", "accuracies", "matters"),
    [
        ({"a": 55, "b": 45}, [0.9], False),
        ({"a": 56, "b": 44}, [0.9], True),
        ({"a": 50, "b": 50}, [0.9, 0.5], True),
        ({"a": 50, "b": 50}, [0.51], False),
        ({"a": 36, "b": 32, "c": 32}, [0.5], False),
        ({"a": 40, "b": 30, "c": 30}, [0.5], True),
        ({"a": 36, "b": 32, "c": 32}, [0.3], True),
        ({"a": 50, "b": 50}, [float("nan")], False),
    ],
)
def test_it_matters_where_classes_are_unequal_or_an_accuracy_is_not_above_it(counts, accuracies, matters):
    assert Majority.of(counts).matters(accuracies) is matters


def test_one_run_that_says_it_says_it_for_all_of_a_split(make_run):
    told = {"tracker.test_class_counts": json.dumps({"a": 3, "b": 5})}
    assert recorded_class_counts([make_run(), make_run(seed=1, tags=told)], "test") == {"a": 3, "b": 5}


@pytest.mark.parametrize("told", ["", "{}", '{"a": 3, ... (cut)'])
def test_runs_that_do_not_say_it_have_none(make_run, told):
    assert majority_of([make_run()], "test") is None
    assert majority_of([make_run(tags={"tracker.test_class_counts": told})], "test") is None
