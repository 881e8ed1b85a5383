"""What a verdict on two arms rests on, from how many trainings each has."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.answered import Answered
from tests.support.drawn_answers import of_scores
from tracker.compare.evidence import ArmEvidence, Repetition
from tracker.compare.pairs import Pair, compare_pair
from tracker.compare.render.conclusions import model_sentence
from tracker.compare.rows import pair_rows

LABELS = np.arange(60) % 2
NOISE = np.random.default_rng(0).normal(size=60)


def arm(*skills: float) -> ArmEvidence:
    """Return trainings of different skill, which answer to the same images."""
    scores = np.stack([skill * (2 * LABELS - 1) + NOISE for skill in skills])
    return ArmEvidence(
        of_scores(scores, list(LABELS)), tuple(Repetition(str(seed)) for seed in range(len(skills)))
    )


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


@pytest.mark.parametrize("metric", ["accuracy", "auroc"])
def test_a_row_of_several_trainings_has_no_test_of_the_one_seed_that_both_have(
    answered: Answered, metric: str
) -> None:
    patients = [image // 2 for image in range(40)]
    answered.arm("feature-extractor", "1" * 40, patients=patients)
    answered.arm("fine-tuning", *["1" * 20 + "0" * 20] * 3, patients=patients)
    (row,) = pair_rows(answered.found(f"test/{metric}"))
    tests = ("mcnemar_exact_p", "mcnemar_mid_p", "clustered_mcnemar_p", "delong_p")
    assert {row[name] for name in tests} == {None}
    assert row["interval_over"] == "patients, seeds of one arm"


def test_a_probability_that_knows_nothing_of_seeds_says_so_where_there_are_several(
    answered: Answered,
) -> None:
    answered.arm("feature-extractor", "1" * 40, "1" * 20 + "0" * 20)
    answered.arm("fine-tuning", "1" * 24 + "0" * 16, "1" * 16 + "0" * 24)
    (verdict,) = answered.found().main
    assert verdict.pair.basis.p is not None
    assert verdict.pair.basis.p > 0.2
    assert verdict.pair.false_claim is not None
    assert verdict.pair.false_claim < 0.02
    assert "Probability that feature-extractor is not better, seeds aside:" in model_sentence(verdict)


def test_of_one_training_each_nothing_is_said_of_seeds(answered: Answered) -> None:
    answered.arm("feature-extractor", "1" * 40)
    answered.arm("fine-tuning", "1" * 24 + "0" * 16)
    assert "is not better: " in model_sentence(answered.found().main[0])
