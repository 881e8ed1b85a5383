"""Threshold and temperature of a run, from what it or an earlier version stored of validation images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.support.tested_runs import CLASSES, answers
from tracker.compare.evidence import answers_of
from tracker.compare.operating_point import (
    calibrated_shares,
    log_shares,
    operating_point,
    temperature_of,
)
from tracker.compare.statistics.temperature import fit_temperature
from tracker.compare.statistics.thresholds import youden
from tracker.records import HeldOut, Prediction

FINDING = CLASSES[1]


@pytest.fixture
def predictions() -> list[Prediction]:
    return answers(np.random.default_rng(3), 1.5)


def part_of(predictions, part):
    return [one for one in predictions if one.part == part and one.epoch_kind == "final"]


def test_the_point_is_what_validation_images_choose(predictions):
    validated = part_of(predictions, "val")
    point = operating_point(validated, FINDING)
    odds = np.array([one.log_odds[FINDING] for one in validated])
    sick = np.array([one.label == FINDING for one in validated])
    logits = np.stack([np.zeros_like(odds), odds], 1)
    assert point.positive == FINDING
    assert point.threshold == youden(odds, sick)
    assert point.temperature == pytest.approx(fit_temperature(logits, sick.astype(int)), rel=1e-6)
    assert point.uncalibrated == ""


def test_files_of_earlier_versions_without_log_odds_give_the_same(predictions):
    validated = part_of(predictions, "val")
    earlier = [replace(one, log_odds={}) for one in validated]
    assert temperature_of(earlier) == pytest.approx(temperature_of(validated), rel=1e-6)
    certain = [replace(earlier[0], probabilities={CLASSES[0]: 1.0, CLASSES[1]: 0.0}), *earlier[1:]]
    point = operating_point(certain, FINDING)
    assert (point.temperature, point.uncalibrated) == (None, "a validation answer is not finite")
    assert np.isfinite(point.threshold)


def test_logarithms_of_probabilities_are_exact_where_probabilities_are_one():
    sure = Prediction("1", "val", "final", "a", {"a": 1.0, "b": 0.0}, {"a": 800.0, "b": -800.0})
    np.testing.assert_allclose(log_shares([sure]), [[0.0, -800.0]])


@pytest.mark.parametrize("labels", [("a", "b", "c"), ("a", "a", "a")])
def test_of_several_classes_there_is_a_temperature_and_no_threshold(labels):
    shares = [{"a": 0.6, "b": 0.3, "c": 0.1}, {"a": 0.2, "b": 0.5, "c": 0.3}, {"a": 0.1, "b": 0.5, "c": 0.4}]
    rows = [Prediction(str(n), "val", "final", labels[n], shares[n]) for n in range(3)]
    point = operating_point(rows, None)
    assert (point.positive, point.threshold) == (None, None)
    assert (point.temperature is None) == (labels == ("a", "a", "a")) == bool(point.uncalibrated)


def test_without_validation_images_nothing_is_chosen():
    point = operating_point([], FINDING)
    assert (point.threshold, point.temperature) == (None, None)
    assert point.uncalibrated == "there are no validation images"


def test_an_arm_has_the_calibrated_answers_of_its_own_validation_images(predictions):
    patients = {one.sample: one.sample for one in predictions}
    found = answers_of(HeldOut(predictions, patients), FINDING, at="final")
    validated, tested = part_of(predictions, "val"), part_of(predictions, "test")
    expected = calibrated_shares(validated, tested)
    told = [dict(zip(CLASSES, row, strict=True)) for row in found.calibrated[0].tolist()]
    assert told == expected
    odds = np.array([one.log_odds[FINDING] for one in tested]) / temperature_of(validated)
    np.testing.assert_allclose(found.calibrated[0, :, 1], 1 / (1 + np.exp(-odds)), rtol=1e-9)
    np.testing.assert_array_equal(found.calibrated.argmax(2), found.probabilities.argmax(2))


def test_an_arm_without_a_temperature_has_no_calibrated_answers(predictions):
    tested = part_of(predictions, "test")
    found = answers_of(HeldOut(tested, {one.sample: one.sample for one in tested}), FINDING, at="final")
    assert found.calibrated is None
