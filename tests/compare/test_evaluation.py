"""What networks reach on external images, each alone and as an arm."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tests.support.records import make_run
from tracker.compare.evaluation import findings_of, findings_of_arms, loss_of
from tracker.records import HeldOut, Prediction

__all__ = ["make_run"]


def answers(right, *, threshold=None):
    predictions = []
    for number, letter in enumerate(right):
        sick = 0.8 if (number % 2 == 1) == (letter == "1") else 0.2
        label = "sick" if number % 2 else "normal"
        predictions.append(
            Prediction(f"{number}.png", "test", "final", label, {"normal": 1 - sick, "sick": sick})
        )
    return HeldOut(predictions, {one.sample: one.sample for one in predictions}, threshold)


def test_an_arm_is_the_mean_of_its_networks_and_one_alone_is_none(make_run):
    asked = [
        (make_run("alexnet", "fine-tuning", 0), answers("1110")),
        (make_run("alexnet", "fine-tuning", 1), answers("1000")),
        (make_run("alexnet", "feature-extractor", 0), answers("1111")),
    ]
    alone = [findings_of(*one).measures["accuracy"].value for one in asked]
    assert alone == [0.75, 0.25, 1.0]
    (findings,) = findings_of_arms(asked).values()
    assert findings.measures["accuracy"].value == 0.5
    assert len(findings.repetitions) == 2


def test_runs_of_one_seed_are_not_put_together(make_run):
    asked = [(make_run("alexnet", "fine-tuning", 0), answers("1110")) for _ in range(2)]
    assert findings_of_arms(asked) == {}


@pytest.mark.parametrize("other", [{"params": {"lr": "0.1"}}, {"split_digest": "b" * 64}])
def test_networks_that_were_trained_in_several_ways_have_no_mean(make_run, other):
    asked = [
        (make_run("alexnet", "fine-tuning", 0), answers("1110")),
        (make_run("alexnet", "fine-tuning", 1, **other), answers("1000")),
    ]
    assert findings_of_arms(asked) == {}


def test_the_threshold_of_the_run_decides_and_without_one_nothing_is_called(make_run):
    run = make_run("alexnet", "fine-tuning", 0)
    low = findings_of(run, answers("1111", threshold=-10.0)).measures
    assert (low["sensitivity_at_threshold"].value, low["specificity_at_threshold"].value) == (1.0, 0.0)
    assert "sensitivity_at_threshold" not in findings_of(run, answers("1111")).measures


def test_a_temperature_that_is_known_needs_no_validation_images(make_run):
    run, asked = make_run("alexnet", "fine-tuning", 0), answers("1110")
    assert "brier_calibrated" not in findings_of(run, asked).measures
    found = findings_of(run, replace(asked, temperature=2.0)).measures["brier_calibrated"].value
    # At temperature 2, odds of 4 to 1 become 2 to 1.
    assert found == pytest.approx((3 * (1 / 3) ** 2 + (2 / 3) ** 2) / 4)


def test_the_loss_is_the_mean_cross_entropy():
    expected = -(3 * math.log(0.8) + math.log(0.2)) / 4
    assert loss_of(answers("1110").predictions) == pytest.approx(expected)
