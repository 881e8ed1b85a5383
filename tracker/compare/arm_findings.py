"""What is known of one arm: every measure of its test images, with the intervals that they support."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tracker.compare.cell_statistics import sample_sd
from tracker.compare.evidence import ArmEvidence, Repetition
from tracker.compare.statistics.answers import Answers
from tracker.compare.statistics.bootstrap import bootstrap_intervals
from tracker.compare.statistics.delong import delong_interval
from tracker.compare.statistics.intervals import Interval, wilson
from tracker.compare.statistics.measures import MEASURES, measure_of

Method = Literal["Wilson", "DeLong", "bootstrap of patients", "bootstrap of images"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One measure of one arm.

    Attributes:
        value: The mean over the repetitions.
        by_repetition: The value of each repetition, in the order of the arm's repetitions.
        sd: The standard deviation over repetitions: how much trainings differ; None for a single one.
        sampling: An interval that holds the choice of the test images alone; None where there is none.
        method: How that interval was made.
        both: An interval that holds the choice of test images and of repetitions; None for a single one.
    """

    value: float
    by_repetition: tuple[float, ...]
    sd: float | None
    sampling: Interval | None
    method: Method
    both: Interval | None

    @property
    def interval(self) -> Interval | None:
        """The widest of them: with seeds (or repeats of folds), where there are several."""
        return self.both or self.sampling


@dataclass(frozen=True, slots=True)
class ArmFindings:
    """What is known of one arm.

    Attributes:
        repetitions: Which trainings answered.
        images: How many test images there are.
        patients: Of how many patients.
        measures: Every measure that these images have, by name.
        folds: How many networks answered together, each its fold; 0: every network answered all images.
    """

    repetitions: tuple[Repetition, ...]
    images: int
    patients: int
    measures: Mapping[str, Finding]
    folds: int = 0

    @property
    def trainings(self) -> int:
        """How many networks were trained."""
        return len(self.repetitions) * max(self.folds, 1)

    @property
    def varied(self) -> str:
        """What its repetitions differ in: seeds, the repeats of a cross-validation, or both."""
        seeds, repeats = (set(some) for some in zip(*self.repetitions, strict=True))
        if len(repeats) < 2:
            return "seeds"
        return "repeats" if len(seeds) == 1 else "seeds and repeats"


def arm_findings(evidence: ArmEvidence) -> ArmFindings:
    """Return every measure of an arm, each with its intervals.

    Args:
        evidence: What the runs of the arm answered.
    """
    answers = evidence.answers
    values = {name: found for name in MEASURES if (found := measure_of(answers, name)) is not None}
    spreads = bootstrap_intervals(answers, tuple(values))
    measures = {
        name: Finding(
            value=float(np.mean(found)),
            by_repetition=tuple(map(float, found)),
            sd=sample_sd([float(value) for value in found]),
            sampling=_exact(answers, name) or spreads[name].patients,
            method=_method(answers, name),
            both=spreads[name].both,
        )
        for name, found in values.items()
    }
    return ArmFindings(
        evidence.repetitions,
        answers.images,
        len(np.unique(answers.patients)),
        measures,
        folds=0 if evidence.folds is None else len(np.unique(evidence.folds)),
    )


def _method(answers: Answers, name: str) -> Method:
    if answers.clustered:
        return "bootstrap of patients"
    exact: Mapping[str, Method] = {"accuracy": "Wilson", "auroc": "DeLong"}
    found = exact.get(name) if _has_exact(answers, name) else None
    return found or "bootstrap of images"


def _has_exact(answers: Answers, name: str) -> bool:
    """Say whether one training and independent images have an interval that needs no resampling."""
    if answers.repetitions > 1 or answers.clustered:
        return False
    one_network = answers.folds is None and answers.positive is not None
    return name == "accuracy" or (name == "auroc" and one_network)


def _exact(answers: Answers, name: str) -> Interval | None:
    if not _has_exact(answers, name):
        return None
    if name == "accuracy":
        return wilson(int(answers.correct.sum()), answers.images)
    assert answers.positive is not None
    return delong_interval(answers.scores[0, :, answers.positive], answers.labels == answers.positive)
