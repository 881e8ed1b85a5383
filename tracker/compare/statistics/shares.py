"""Accuracy, sensitivity, specificity and F1 of weighted images: what was called what, counted.

Letters of shapes: R repetitions, N images, K classes, B resamples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracker.compare.statistics.answers import Answers, Floats, Whole


@dataclass(frozen=True, eq=False)
class Counts:
    """How often each class was meant, called, and rightly called, in each resample.

    Attributes:
        actual: [B, 1, K] The images of each class.
        given: [B, R, K] The images that each repetition called so.
        hits: [B, R, K] Those of them that it called so rightly.
        finding: Of two classes, the one that is the finding; None: there are more.
    """

    actual: Floats
    given: Floats
    hits: Floats
    finding: int | None

    @classmethod
    def of(cls, answers: Answers, weights_BN: Floats, given_RN: Whole | None = None) -> Counts:
        """Count the answers.

        Args:
            answers: What was answered.
            weights_BN: How often each image counts.
            given_RN: The class that each image was given; None: the one with the highest score.
        """
        if given_RN is None:
            given_RN = answers.scores.argmax(2)
        classes_K = np.arange(answers.classes)
        actual_NK = answers.labels[:, None] == classes_K
        given_RNK = given_RN[:, :, None] == classes_K
        return cls(
            _total(weights_BN, actual_NK[None]),
            _total(weights_BN, given_RNK),
            _total(weights_BN, given_RNK & actual_NK),
            finding_of(answers),
        )

    def of_the_finding(self, shares_BRK: Floats) -> Floats:
        """Return the shares [B, R] of the finding; of more than two classes, their mean."""
        shares_BR: Floats = shares_BRK.mean(2) if self.finding is None else shares_BRK[:, :, self.finding]
        return shares_BR

    @property
    def recalls(self) -> Floats:
        """[B, R, K] The share of each class's images that were called so; nan where it has none."""
        return _share(self.hits, self.actual)

    @property
    def specificities(self) -> Floats:
        """[B, R, K] The share of the other images that were not called a class; nan without others."""
        others_B1K = self.actual.sum(2, keepdims=True) - self.actual
        return _share(others_B1K - (self.given - self.hits), others_B1K)

    @property
    def f1(self) -> Floats:
        """[B, R, K] The harmonic mean of recall and precision; 0 without hits, nan without images."""
        f1_BRK = _share(2 * self.hits, self.actual + self.given)
        return np.where(self.actual > 0, f1_BRK, np.nan)


def finding_of(answers: Answers) -> int | None:
    """Return the place of the finding, the last class where none is named; None: there are more than two."""
    if answers.classes != 2:
        return None
    return 1 if answers.positive is None else answers.positive


def accuracy(answers: Answers, weights_BN: Floats) -> Floats:
    """Return the share [B, R] of images whose class got the highest score."""
    correct_BR = _total(weights_BN, answers.correct[:, :, None])[:, :, 0]
    share: Floats = correct_BR / weights_BN.sum(1)[:, None]
    return share


def balanced_accuracy(answers: Answers, weights_BN: Floats) -> Floats:
    """Return the mean [B, R] over the classes of the share of their images that are right."""
    mean: Floats = Counts.of(answers, weights_BN).recalls.mean(2)
    return mean


def sensitivity(answers: Answers, weights_BN: Floats) -> Floats:
    """Return the recall [B, R] of the finding; of more than two classes, the mean over them."""
    counts = Counts.of(answers, weights_BN)
    return counts.of_the_finding(counts.recalls)


def specificity(answers: Answers, weights_BN: Floats) -> Floats:
    """Return the specificity [B, R] of the finding; of more than two, the mean, each against the rest."""
    counts = Counts.of(answers, weights_BN)
    return counts.of_the_finding(counts.specificities)


def f1(answers: Answers, weights_BN: Floats) -> Floats:
    """Return F1 [B, R] of the finding; of more than two classes, the mean over them."""
    counts = Counts.of(answers, weights_BN)
    return counts.of_the_finding(counts.f1)


def sensitivity_at_threshold(answers: Answers, weights_BN: Floats) -> Floats:
    """Return the share [B, R] of the finding's images that were called so at the threshold."""
    counts = _at_threshold(answers, weights_BN)
    return counts.of_the_finding(counts.recalls)


def specificity_at_threshold(answers: Answers, weights_BN: Floats) -> Floats:
    """Return the share [B, R] of the other images that were not called the finding at the threshold."""
    counts = _at_threshold(answers, weights_BN)
    return counts.of_the_finding(counts.specificities)


def _at_threshold(answers: Answers, weights_BN: Floats) -> Counts:
    finding = finding_of(answers)
    if answers.called is None or finding is None:
        raise ValueError("a threshold, and two classes, must be there")
    return Counts.of(answers, weights_BN, np.where(answers.called, finding, 1 - finding))


def _total(weights_BN: Floats, marks_RNK: np.ndarray) -> Floats:
    """Return how much weight the marked images have: [B, R, K]."""
    repetitions, images, classes = marks_RNK.shape
    marks = marks_RNK.astype(np.float64).transpose(1, 0, 2).reshape(images, repetitions * classes)
    total: Floats = (weights_BN @ marks).reshape(len(weights_BN), repetitions, classes)
    return total


def _share(part: Floats, whole: Floats) -> Floats:
    """Return the quotient; nan where the whole is nothing."""
    share: Floats = np.where(whole > 0, part / np.where(whole > 0, whole, 1), np.nan)
    return share
