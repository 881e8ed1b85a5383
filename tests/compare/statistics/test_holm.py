"""Holm's adjustment."""

import pytest

from tracker.compare.statistics.holm import holm


def test_it_steps_down():
    # By hand: 3 x 0.01; 2 x 0.03; 0.04, raised to that of the smaller p before it.
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06})


def test_it_never_exceeds_one_and_keeps_order():
    adjusted = holm({("b", 1): 0.9, ("a", 2): 0.8})
    assert list(adjusted.items()) == [(("b", 1), 1.0), (("a", 2), 1.0)]


def test_one_test_stays_as_it_is_and_none_is_none():
    assert holm({1: 0.02}) == {1: 0.02}
    assert holm({}) == {}
