"""The temperature of calibrated answers: against known answers, scikit-learn, and Firth's own equation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from tracker.compare.statistics.temperature import BOUNDS, NoTemperature, fit_temperature, tempered


def drawn(images: int, classes: int, *, spread: float = 1.5, seed: int = 0):
    """Return logits that mean what they say, and labels that were drawn from them."""
    rng = np.random.default_rng(seed)
    logits = spread * rng.normal(size=(images, classes))
    labels = (rng.random(images)[:, None] > softmax(logits, axis=1).cumsum(1)).sum(1)
    return logits, labels


def of_odds(odds):
    """Return logits of two classes with these log-odds of the second."""
    odds = np.asarray(odds, float)
    return np.stack([np.zeros_like(odds), odds], 1)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("scale", [3.0, 1.0, 0.2])
def test_logits_that_were_scaled_give_their_scale_back(classes, scale):
    logits, labels = drawn(20_000, classes)
    assert fit_temperature(scale * logits, labels) == pytest.approx(scale, rel=0.04)


@pytest.mark.parametrize("scale", [0.01, 7.0])
def test_a_scale_of_the_logits_changes_no_calibrated_answer(scale):
    logits, labels = drawn(44, 3)
    temperature, scaled = fit_temperature(logits, labels), fit_temperature(scale * logits, labels)
    assert scaled == pytest.approx(scale * temperature, rel=1e-6)
    np.testing.assert_allclose(tempered(scale * logits, scaled), tempered(logits, temperature), atol=1e-6)


class Answering(ClassifierMixin, BaseEstimator):
    """A network whose images are its logits."""

    def __init__(self, classes: int = 2) -> None:
        self.classes = classes

    def fit(self, images, labels):
        self.classes_ = np.arange(self.classes)
        return self

    def decision_function(self, images):
        return images[:, 1] - images[:, 0] if self.classes == 2 else images

    def predict(self, images):
        return images.argmax(1)


@pytest.mark.parametrize("classes", [2, 4])
def test_of_many_images_it_is_that_of_scikit_learn(classes):
    logits, labels = drawn(20_000, classes)
    logits *= 2.5
    network = FrozenEstimator(Answering(classes).fit(logits, labels))
    theirs = CalibratedClassifierCV(network, method="temperature").fit(logits, labels)
    found = tempered(logits[:100], fit_temperature(logits, labels))
    np.testing.assert_allclose(found, theirs.predict_proba(logits[:100]), atol=5e-4)


def firth(odds, sick):
    """Solve Firth's score equation, as in Heinze and Schemper (2002), for one slope alone."""

    def score(slope):
        shares = expit(slope * odds)
        weights = shares * (1 - shares) * odds**2
        return ((sick - shares + weights / weights.sum() * (0.5 - shares)) * odds).sum()

    return 1 / brentq(score, 1e-2, 1e2, xtol=1e-14)


@pytest.mark.parametrize("seed", range(4))
def test_of_few_images_it_solves_the_equation_of_firth(seed):
    logits, labels = drawn(20, 2, spread=3.0, seed=seed)
    odds = logits[:, 1] - logits[:, 0]
    assert fit_temperature(logits, labels) == pytest.approx(firth(odds, labels), rel=1e-6)


def test_answers_without_an_error_are_not_called_certain():
    odds = np.array([-9.0, -7, -4, -3, 2, 5, 8, 9])
    labels = (odds > 0).astype(int)
    temperature = fit_temperature(of_odds(odds), labels)
    assert temperature == pytest.approx(firth(odds, labels), rel=1e-6)
    assert 10 * BOUNDS[0] < temperature < BOUNDS[1] / 10
    assert tempered(of_odds(odds), temperature).max() < 0.999


def test_neither_the_order_of_classes_nor_of_images_of_two_changes():
    logits, _ = drawn(500, 4)
    for temperature in (0.05, 0.5, 3.0, 200.0):
        shares = tempered(logits, temperature)
        np.testing.assert_array_equal(np.argsort(shares, axis=1), np.argsort(logits, axis=1))
        np.testing.assert_allclose(shares.sum(1), 1)
    odds = np.sort(logits[:, 0])
    assert (np.diff(tempered(of_odds(odds), 3.0)[:, 1]) > 0).all()


def test_at_temperature_one_probabilities_stay_also_where_they_are_certain():
    log_shares = np.array([[-0.1, np.log(1 - np.exp(-0.1))], [0.0, -np.inf], [-800.0, 0.0]])
    np.testing.assert_allclose(tempered(log_shares, 1.0), np.exp(log_shares), atol=1e-15)


@pytest.mark.parametrize(
    ("logits", "labels", "reason"),
    [
        (np.zeros((0, 2)), [], "there are no validation images"),
        (of_odds([1, -1, 2]), [1, 1, 1], "all validation images are of one class"),
        (of_odds([0, 0, 0, 0]), [0, 1, 0, 1], "hold no class likelier than another"),
        (of_odds([1, np.inf, -1, -2]), [1, 1, 0, 0], "a validation answer is not finite"),
        (of_odds([1, np.nan, -1, -2]), [1, 1, 0, 0], "a validation answer is not finite"),
        (of_odds([-3, -2, 2, 3]), [1, 1, 0, 0], "the validation answers are no better than chance"),
        (of_odds([2, 2, 2, 2, 2, 2]), [0, 1, 0, 1, 0, 1], "the validation answers are no better than chance"),
    ],
)  # fmt: skip
def test_where_there_is_none_it_says_why(logits, labels, reason):
    with pytest.raises(NoTemperature, match=reason):
        fit_temperature(logits, np.asarray(labels, int))
