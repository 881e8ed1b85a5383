"""On which images exactly one of two arms is right, and which of their trainings belong together.

Letters of shapes: R and S repetitions, N images.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from statistics import fmean

import numpy as np

from tracker.compare.evidence import ArmEvidence, Repetition
from tracker.compare.statistics.answers import Floats, Whole
from tracker.compare.statistics.power import design_effect


@dataclass(frozen=True, slots=True)
class Disagreement:
    """How often exactly one of two arms is right: the mean over repetitions, as numbers of images.

    Attributes:
        only_first: Images that the first alone gets right.
        only_second: Images that the second alone gets right.
        images: Of how many images.
    """

    only_first: float
    only_second: float
    images: int

    @property
    def share(self) -> float:
        """The share of images on which they disagree."""
        return (self.only_first + self.only_second) / self.images


def paired(first: ArmEvidence, second: ArmEvidence) -> bool:
    """Say whether each training of the one has its counterpart; of one run each there is no other."""
    return first.repetitions == second.repetitions or len(first.repetitions) == len(second.repetitions) == 1


def shared_places(first: ArmEvidence, second: ArmEvidence) -> dict[Repetition, tuple[int, int]]:
    """Return the places of the repetitions that both arms have."""
    if len(first.repetitions) == len(second.repetitions) == 1:
        return {first.repetitions[0]: (0, 0)}
    return {
        name: (place, second.repetitions.index(name))
        for place, name in enumerate(first.repetitions)
        if name in second.repetitions
    }


def right_answers(arm: ArmEvidence) -> Floats:
    """Return 1 where a repetition is right about an image, else 0: [R, N]."""
    return arm.answers.correct.astype(np.float64)


def counts_by_patient(first: ArmEvidence, second: ArmEvidence, one: int, other: int) -> tuple[Whole, Whole]:
    """Return how many images of each patient the first alone, and the second alone, gets right."""
    a, b = first.answers.correct[one], second.answers.correct[other]
    patients = first.answers.patients
    return _sums(a & ~b, patients), _sums(b & ~a, patients)


def design_effect_of(first: ArmEvidence, second: ArmEvidence) -> float:
    """Return the mean over the trainings that both arms have, or over all pairs where they share none.

    It is 1 where every patient has one image, and never less: images that differ more within patients than
    between them do not make up for patients.
    """
    if not first.answers.clustered:
        return 1.0
    every = product(range(first.answers.repetitions), range(second.answers.repetitions))
    places = list(shared_places(first, second).values()) or list(every)
    sizes = np.bincount(first.answers.patients)
    return max(1.0, fmean(design_effect(*counts_by_patient(first, second, *both), sizes) for both in places))


def disagreement_of(first: ArmEvidence, second: ArmEvidence) -> Disagreement:
    """Return on how many images exactly one is right, by mean over pairs of trainings."""
    a_RN, b_SN = right_answers(first), right_answers(second)
    if paired(first, second):
        only = ((a_RN * (1 - b_SN)).sum(1).mean(), (b_SN * (1 - a_RN)).sum(1).mean())
    else:
        # Every seed of the one against every seed of the other.
        a_N, b_N = a_RN.mean(0), b_SN.mean(0)
        only = ((a_N * (1 - b_N)).sum(), (b_N * (1 - a_N)).sum())
    return Disagreement(float(only[0]), float(only[1]), first.answers.images)


def _sums(truth_N: np.ndarray, patients_N: Whole) -> Whole:
    return np.bincount(patients_N, weights=truth_N).astype(np.int64)
