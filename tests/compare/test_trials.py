"""The trials of studies, best first."""

from __future__ import annotations

from tests.support.records import STUDY
from tracker.compare.trials import trials_by_study


def numbers(runs):
    return [trial.number for trial in trials_by_study(runs)[STUDY]]


def test_the_lowest_loss_comes_first_and_trials_without_a_value_last(make_study):
    assert numbers(make_study(t1=0.5, t2="KILLED", t3=0.4, t4="FAILED", t5=0.6)) == [3, 1, 5, 2, 4]


def test_the_highest_accuracy_comes_first(make_study):
    assert numbers(make_study("val/accuracy", t1=0.5, t2=0.9, t3=0.4)) == [2, 1, 3]
