"""What is measured of an arm: against what runs log, scikit-learn, slow loops and numbers by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from tests.support.drawn_answers import drawn_answers, of_scores
from tracker.compare.statistics import measures
from tracker.compare.statistics.measures import MEASURES, measure_of, measure_resamples
from tracker.training.metrics import scores as logged

ARMS = {
    "two classes": {},
    "first class is the finding": {"positive": 0},
    "ties": {"tied": True},
    "infinite scores": {"infinite": True},
    "four classes": {"classes": 4},
    "four classes with ties": {"classes": 4, "tied": True},
}


@pytest.fixture(params=ARMS.values(), ids=ARMS.keys())
def arm(request):
    return drawn_answers(**request.param)


def weights_of(arm, resamples=6):
    return np.random.default_rng(1).integers(0, 4, size=(resamples, arm.images)).astype(float)


def by_loop(arm, weights, measure):
    """Measure each resample and repetition on its own: `measure` takes one repetition and weights."""
    return [[measure(r, weights_N) for r in range(arm.repetitions)] for weights_N in weights]


def one_against_the_rest(arm, area):
    """Take the area of the finding, or the mean over classes."""
    classes = range(arm.classes) if arm.positive is None else [arm.positive]
    # Scikit-learn takes no infinite scores; ranks are the same.
    ranks = np.unique(arm.scores, return_inverse=True)[1].reshape(arm.scores.shape)
    return lambda r, weights_N: np.mean(
        [area(arm.labels == k, ranks[r, :, k], sample_weight=weights_N) for k in classes]
    )


@pytest.mark.parametrize(
    "name", ["accuracy", "balanced_accuracy", "sensitivity", "specificity", "f1", "auroc"]
)
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("positive", [0, 1])
def test_numbers_are_those_that_runs_log(name, classes, positive):
    arm = drawn_answers(classes=classes, positive=positive)
    logits = torch.from_numpy(np.log(arm.probabilities)).transpose(0, 1)
    expected = logged(logits, torch.from_numpy(arm.labels), positive=arm.positive)[name]
    assert measure_of(arm, name) == pytest.approx(expected.numpy(), abs=1e-12)


def test_the_area_of_resamples_is_that_of_scikit_learn(arm):
    weights = weights_of(arm)
    expected = by_loop(arm, weights, one_against_the_rest(arm, sk.roc_auc_score))
    np.testing.assert_allclose(MEASURES["auroc"].of(arm, weights), expected, atol=1e-12)


def test_the_average_precision_of_resamples_is_that_of_scikit_learn(arm):
    weights = weights_of(arm)
    expected = by_loop(arm, weights, one_against_the_rest(arm, sk.average_precision_score))
    np.testing.assert_allclose(MEASURES["average_precision"].of(arm, weights), expected, atol=1e-12)


def test_the_brier_score_of_resamples_is_that_of_scikit_learn(arm):
    weights = weights_of(arm)

    def brier(r, weights_N):
        if arm.positive is not None:
            truth, given = arm.labels == arm.positive, arm.probabilities[r, :, arm.positive]
            return sk.brier_score_loss(truth, given, sample_weight=weights_N)
        return sk.brier_score_loss(arm.labels, arm.probabilities[r], sample_weight=weights_N)

    np.testing.assert_allclose(MEASURES["brier"].of(arm, weights), by_loop(arm, weights, brier), atol=1e-12)


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "sensitivity", "specificity", "f1", "ece"])
def test_shares_of_resamples_are_those_of_images_that_are_there_as_often(arm, name):
    weights = weights_of(arm)

    def repeated(r, weights_N):
        places = np.repeat(np.arange(arm.images), weights_N.astype(int))
        given, labels = arm.scores[r, places].argmax(1), arm.labels[places]
        return _SLOW[name](labels, given, arm.probabilities[r, places], arm.positive)

    np.testing.assert_allclose(MEASURES[name].of(arm, weights), by_loop(arm, weights, repeated), atol=1e-12)


def _averaged(of_class):
    def mean(labels, given, probabilities, positive):
        classes = range(probabilities.shape[1]) if positive is None else [positive]
        return np.mean([of_class(labels == k, given == k) for k in classes])

    return mean


def _slow_ece(labels, given, probabilities, positive):
    sure, error = probabilities.max(1), 0.0
    for lower in range(10):
        inside = (sure > lower / 10) & (sure <= (lower + 1) / 10)
        if inside.any():
            error += inside.mean() * abs((labels == given)[inside].mean() - sure[inside].mean())
    return error


_SLOW = {
    "accuracy": lambda labels, given, *_: sk.accuracy_score(labels, given),
    "balanced_accuracy": lambda labels, given, *_: sk.balanced_accuracy_score(labels, given),
    "sensitivity": _averaged(sk.recall_score),
    "specificity": _averaged(lambda truth, given: sk.recall_score(~truth, ~given)),
    "f1": _averaged(lambda truth, given: sk.f1_score(truth, given, zero_division=0)),
    "ece": _slow_ece,
}


@pytest.mark.parametrize("name", ["brier", "ece"])
def test_of_calibrated_answers_a_number_is_that_of_the_same_probabilities(arm, name):
    weights, others = weights_of(arm), replace(arm, probabilities=arm.calibrated)
    found = MEASURES[f"{name}_calibrated"].of(arm, weights)
    np.testing.assert_array_equal(found, MEASURES[name].of(others, weights))
    assert not np.allclose(found, MEASURES[name].of(arm, weights))
    assert measure_of(replace(arm, calibrated=None), f"{name}_calibrated") is None


def test_numbers_by_hand():
    # Scores of the finding 3, 1, 0, -1 and labels 1, 0, 1, 0: three of four pairs are in order.
    arm = of_scores([[3, 1, 0.5, -1]], [1, 0, 1, 0])
    assert measure_of(arm, "auroc") == pytest.approx([3 / 4])
    # Found at the first place (precision 1) and at the third (2 of 3).
    assert measure_of(arm, "average_precision") == pytest.approx([(1 + 2 / 3) / 2])
    assert measure_of(arm, "sensitivity") == pytest.approx([1])
    assert measure_of(arm, "specificity") == pytest.approx([1 / 2])


def test_equal_scores_are_half_in_order():
    arm = of_scores([[0, 0, 0, 0], [np.inf, np.inf, -np.inf, -np.inf]], [1, 0, 1, 0])
    assert measure_of(arm, "auroc") == pytest.approx([0.5, 0.5])
    assert measure_of(arm, "average_precision") == pytest.approx([0.5, 0.5])


def test_called_images_make_the_numbers_at_the_threshold():
    arm = drawn_answers(positive=0)
    truth = arm.labels == 0
    expected = [arm.called[:, truth].mean(1), (~arm.called)[:, ~truth].mean(1)]
    assert measure_of(arm, "sensitivity_at_threshold") == pytest.approx(expected[0])
    assert measure_of(arm, "specificity_at_threshold") == pytest.approx(expected[1])


def test_without_a_threshold_there_are_no_numbers_at_it():
    for arm in (drawn_answers(classes=3), of_scores([[1, -1]], [1, 0])):
        arm.__dict__["called"] = None
        assert measure_of(arm, "sensitivity_at_threshold") is None
        assert "sensitivity_at_threshold" not in measure_resamples(arm, MEASURES, np.ones((2, arm.images)))


@pytest.mark.parametrize("label", [0, 1])
def test_what_one_class_cannot_tell_is_left_out(label):
    arm = of_scores([[1, -1, 2]], [label] * 3)
    there = {name for name in MEASURES if measure_of(arm, name) is not None}
    of_class = {0: {"specificity"}, 1: {"sensitivity", "f1"}}[label]
    of_any = {"accuracy", "brier", "brier_calibrated", "ece", "ece_calibrated"}
    assert there == of_any | of_class | {f"{name}_at_threshold" for name in of_class if name != "f1"}


def test_a_resample_without_a_class_is_nan_and_no_warning():
    arm = drawn_answers(images=6)
    only_zero = (arm.labels == 0).astype(float)[None]
    values = measure_resamples(arm, MEASURES, only_zero)
    without = {name for name, values_BR in values.items() if np.isnan(values_BR).all()}
    assert without == {
        *("balanced_accuracy", "sensitivity", "f1", "sensitivity_at_threshold", "auroc", "average_precision")
    }


def test_a_network_that_answers_nan_has_no_ranking_and_no_calibration():
    arm = of_scores([[1, -1, np.nan, 0], [1, -1, 0, 0]], [1, 0, 1, 0])
    assert [measure_of(arm, name) for name in ("auroc", "average_precision", "brier", "ece")] == [None] * 4


def test_every_measure_of_perfect_answers_is_the_best_there_is():
    arm = of_scores([[np.inf, -np.inf, np.inf, -np.inf]], [1, 0, 1, 0])
    for name, measure in MEASURES.items():
        assert measure_of(arm, name) == pytest.approx([1.0 if measure.higher_is_better else 0.0]), name


def test_many_resamples_are_measured_in_pieces_with_the_same_numbers(monkeypatch):
    arm, weights = drawn_answers(), weights_of(drawn_answers())
    whole = measure_resamples(arm, MEASURES, weights)
    monkeypatch.setattr(measures, "_CHUNK", 7 * arm.images)
    pieces = measure_resamples(arm, MEASURES, weights)
    assert all(np.allclose(pieces[name], whole[name], atol=1e-15, equal_nan=True) for name in MEASURES)


def test_no_images_have_no_numbers():
    arm = of_scores(np.zeros((1, 0)), [])
    assert [measure_of(arm, name) for name in MEASURES] == [None] * len(MEASURES)
