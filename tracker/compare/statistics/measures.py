"""What is measured of the answers of one arm, each number declared in `MEASURES` alone.

Letters of shapes: R repetitions, N images, K classes, B resamples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from tracker.compare.statistics import calibration, ranking, shares
from tracker.compare.statistics.answers import Answers, Floats, Truth

_CHUNK = 2_000_000
"""So many weights are worked on at a time: 16 MB."""


class Basis(Enum):
    """Which images a number rests on."""

    ALL = "all images"
    FINDING = "of two classes, the images of the finding"
    OTHERS = "of two classes, the images of the other class"
    EACH = "the images of every class"


@dataclass(frozen=True)
class Measure:
    """A number for the answers of one repetition.

    Attributes:
        name: What it is called.
        of: Takes the answers and weights_BN, how often each image counts in each of B resamples, and returns
            values_BR. They are nan, without a warning, where a resample lacks a class that is needed, and
            where the scores of a repetition are nan.
        basis: Which images it rests on. Of more than two classes, `FINDING` and `OTHERS` are `EACH`.
        higher_is_better: Whether the better network has the higher number.
        two_classes_only: Whether there is none of more than two classes.
        at_threshold: Whether it needs to be known what was called at the threshold.
        calibrated: Whether it is of the calibrated probabilities.
    """

    name: str
    of: Callable[[Answers, Floats], Floats]
    basis: Basis
    higher_is_better: bool = True
    two_classes_only: bool = False
    at_threshold: bool = False
    calibrated: bool = False

    def needs(self, answers: Answers) -> list[Truth]:
        """Return which images there must be: [N] each, of each there must be some."""
        finding = shares.finding_of(answers)
        if self.basis is Basis.ALL:
            return [np.ones(answers.images, bool)]
        if finding is None or self.basis is Basis.EACH:
            return [answers.labels == place for place in range(answers.classes)]
        return [(answers.labels == finding) == (self.basis is Basis.FINDING)]

    def can_be_of(self, answers: Answers) -> bool:
        """Return whether there is such a number for these answers."""
        if (self.at_threshold and answers.called is None) or (self.calibrated and answers.calibrated is None):
            return False
        if self.two_classes_only and answers.classes != 2:
            return False
        return all(needed_N.any() for needed_N in self.needs(answers))

    def patients(self, answers: Answers) -> int:
        """Return on how many patients it rests: of the smallest class, where classes count."""
        return min(len(np.unique(answers.patients[needed_N])) for needed_N in self.needs(answers))

    def most(self, answers: Answers) -> float:
        """Return the largest number that there can be; the smallest is 0."""
        return 2.0 if self.name.startswith("brier") and answers.classes > 2 else 1.0


MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("accuracy", shares.accuracy, Basis.ALL),
        Measure("balanced_accuracy", shares.balanced_accuracy, Basis.EACH),
        Measure("sensitivity", shares.sensitivity, Basis.FINDING),
        Measure("specificity", shares.specificity, Basis.OTHERS),
        Measure("f1", shares.f1, Basis.FINDING),
        Measure(
            "sensitivity_at_threshold",
            shares.sensitivity_at_threshold,
            Basis.FINDING,
            two_classes_only=True,
            at_threshold=True,
        ),
        Measure(
            "specificity_at_threshold",
            shares.specificity_at_threshold,
            Basis.OTHERS,
            two_classes_only=True,
            at_threshold=True,
        ),
        Measure("auroc", ranking.auroc, Basis.EACH),
        Measure("average_precision", ranking.average_precision, Basis.EACH),
        *(
            Measure(name, of, Basis.ALL, higher_is_better=False, calibrated=calibrated)
            for name, of, calibrated in (
                ("brier", calibration.brier, False),
                ("brier_calibrated", calibration.brier_calibrated, True),
                ("ece", calibration.ece, False),
                ("ece_calibrated", calibration.ece_calibrated, True),
            )
        ),
    )
}
"""Every measure, by its name."""


RANKING = frozenset({"auroc", "average_precision"})
"""Those that rank images by their scores, of one network each."""


def measure_of(answers: Answers, name: str) -> Floats | None:
    """Measure every repetition, each image counted once.

    Args:
        answers: What was answered, one image at least.
        name: One of `MEASURES`.

    Returns:
        values_R, none of them nan; None where the number cannot be: a class that it needs has no image, the
        threshold is not known, or the scores of a network are nan.
    """
    measure = MEASURES[name]
    if answers.images == 0 or not measure.can_be_of(answers):
        return None
    values_R: Floats = measure.of(answers, np.ones((1, answers.images)))[0]
    return None if np.isnan(values_R).any() else values_R


def measure_resamples(answers: Answers, names: Iterable[str], weights_BN: Floats) -> dict[str, Floats]:
    """Return values_BR of each measure, those left out that cannot be; nan where a resample lacks a class.

    Args:
        answers: What was answered.
        names: Of `MEASURES`.
        weights_BN: How often each image counts in each resample.
    """
    known = [name for name in names if measure_of(answers, name) is not None]
    size = max(1, _CHUNK // max(1, answers.images))
    chunks = [weights_BN[start : start + size] for start in range(0, len(weights_BN), size)]
    return {name: np.concatenate([MEASURES[name].of(answers, chunk) for chunk in chunks]) for name in known}
