"""Two arms over folds and repeats, whose training images overlap.

Letters of shapes: N images, J folds of all repeats.
"""

from __future__ import annotations

from statistics import fmean

import numpy as np

from tracker.compare.evidence import ArmEvidence
from tracker.compare.statistics.answers import Answers
from tracker.compare.statistics.measures import measure_of
from tracker.compare.statistics.resampled_t import ResampledT, corrected_resampled_t


def tested_over_folds(first: ArmEvidence, second: ArmEvidence, measure: str) -> ResampledT | None:
    """Test the differences of folds; seeds of one fold train on the same images, so they are averaged.

    Args:
        first: What one arm answered.
        second: What the other one answered.
        measure: One of `tracker.compare.statistics.measures.MEASURES`.

    Returns:
        None where there are no folds, or not the same ones in both arms.
    """
    if first.folds is None or second.folds is None or first.test_share is None:
        return None
    by_fold = [_by_fold(arm, measure) for arm in (first, second)]
    shared = sorted(by_fold[0].keys() & by_fold[1].keys())
    if len(shared) < len(by_fold[0]) or len(shared) < len(by_fold[1]):
        return None
    differences_J = np.array([by_fold[0][key] - by_fold[1][key] for key in shared])
    return corrected_resampled_t(differences_J, test_share=first.test_share)


def _by_fold(arm: ArmEvidence, measure: str) -> dict[tuple[str, int], float]:
    """Return the measure of each repeat and fold, the mean over its seeds; folds without it are left out."""
    assert arm.folds is not None
    several: dict[tuple[str, int], list[float]] = {}
    for place, repetition in enumerate(arm.repetitions):
        for fold in np.unique(arm.folds[place]):
            value = measure_of(_part(arm.answers, place, arm.folds[place] == fold), measure)
            if value is not None:
                several.setdefault((repetition.repeat, int(fold)), []).append(float(value[0]))
    return {key: fmean(values) for key, values in several.items()}


def _part(answers: Answers, repetition: int, images_N: np.ndarray) -> Answers:
    rows = slice(repetition, repetition + 1)
    return Answers(
        labels=answers.labels[images_N],
        patients=answers.patients[images_N],
        probabilities=answers.probabilities[rows, images_N],
        scores=answers.scores[rows, images_N],
        positive=answers.positive,
        called=answers.called[rows, images_N] if answers.called is not None else None,
    )
