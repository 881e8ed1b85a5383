"""What a verdict on two arms rests on, from how many trainings each has."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.drawn_answers import of_scores
from tracker.compare.evidence import ArmEvidence
from tracker.compare.pairs import Pair, compare_pair

LABELS = np.arange(60) % 2
NOISE = np.random.default_rng(0).normal(size=60)


def arm(*skills: float) -> ArmEvidence:
    """Return trainings of different skill, which answer to the same images."""
    scores = np.stack([skill * (2 * LABELS - 1) + NOISE for skill in skills])
    return ArmEvidence(of_scores(scores, list(LABELS)), tuple(map(str, range(len(skills)))))


def compared(first: ArmEvidence, second: ArmEvidence, measure: str) -> Pair:
    pair = compare_pair("alexnet", ("probe", "fine-tuning"), (first, second), measure)
    assert pair is not None
    return pair


@pytest.mark.parametrize("measure", ["accuracy", "auroc", "sensitivity"])
def test_seeds_that_are_far_apart_establish_nothing_over_a_single_run_in_any_measure(measure: str) -> None:
    pair = compared(arm(2.0), arm(2.0, 0.2, -1.0), measure)
    assert pair.basis.holds == "test images, seeds of one arm"
    assert pair.basis.p is not None
    assert pair.basis.p > 0.05
    assert pair.basis.interval is not None
    assert pair.basis.interval.covers_zero
