"""Folds in a comparison: what is pooled, what is averaged, and what no test can say of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from statistics import fmean

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from tests.support.answered import Answered, sample_id
from tests.support.drawn_answers import of_scores
from tracker.compare.arm_findings import arm_findings
from tracker.compare.evidence import FOLDS_LACK, ArmEvidence, Repetition
from tracker.compare.pairs import RESAMPLED, compare_pair
from tracker.compare.passes import one_pass
from tracker.compare.sample_size import sample_size
from tracker.compare.verdict import Kind, verdicts_of
from tracker.records import Arm

IMAGES = 100
LABELS = np.arange(IMAGES) % 2
FOLDS = np.repeat(np.arange(5), IMAGES // 5)
NOISE = np.random.default_rng(0).normal(size=IMAGES)


REPEATS = (Repetition("0"), Repetition("0", "1"))


def arm(*scores: np.ndarray, names: Iterable[Repetition] = REPEATS) -> ArmEvidence:
    answers = of_scores(np.stack(scores), list(LABELS))
    folds = np.stack([FOLDS] * len(scores))
    return ArmEvidence(dataclasses.replace(answers, folds=folds), tuple(names)[: len(scores)], 0.2)


def better_in_each_fold() -> np.ndarray:
    """Rank well within each fold; but the network of each scores all of its images higher or lower."""
    return 1.6 * LABELS + NOISE + 4.0 * (FOLDS - 2)


def poorer() -> np.ndarray:
    return 1.2 * LABELS + NOISE


@pytest.mark.parametrize(
    ("measure", "of"), [("auroc", roc_auc_score), ("average_precision", average_precision_score)]
)
def test_scores_of_two_networks_are_not_ranked_together(measure, of) -> None:
    scores = better_in_each_fold()
    found = arm_findings(arm(scores)).measures[measure]
    assert found.value == pytest.approx(
        fmean(of(LABELS[its], scores[its]) for its in FOLDS.reshape(5, -1) * 20 + np.arange(20))
    )
    assert found.value > of(LABELS, scores) + 0.1
    assert found.interval is not None
    assert found.interval.low < found.value < found.interval.high
    assert found.method == "bootstrap of images"


def test_a_difference_over_folds_is_the_one_that_is_tested() -> None:
    pair = compare_pair("m", ("first", "second"), (arm(better_in_each_fold()), arm(poorer())), "auroc")
    assert pair is not None
    assert pair.tests.resampled is not None
    assert pair.difference == pair.tests.resampled.mean > 0
    assert pair.tests.delong == {}
    low, high = pair.basis.interval or (0, 0)
    assert (low + high) / 2 == pytest.approx(pair.difference)


def test_folds_that_all_differ_by_the_same_establish_nothing() -> None:
    right = np.where(LABELS == 1, 1.0, -1.0)
    wrong_in_a_quarter = np.where(np.arange(IMAGES) % 4 == 0, -right, right)
    pair = compare_pair("m", ("first", "second"), (arm(right), arm(wrong_in_a_quarter)), "accuracy")
    assert pair is not None
    assert (pair.basis.test, pair.basis.p, pair.basis.interval) == (RESAMPLED, None, None)
    assert pair.tests.crossed is None
    assert pair.false_claim is None
    assert sample_size(pair) is None
    assert verdicts_of([pair], higher_is_better=True)[0].kind is Kind.NOT_ESTABLISHED


def divided(
    study: Answered, mode: str, folds: Iterable[int], *, repeat: int = 0, pattern: str = "1101"
) -> None:
    """Make the runs of some of three folds, each of which tests four images of its own."""
    for fold in folds:
        study.arm(mode, pattern, seeds=(0,), params={"folds": "3", "fold": str(fold), "repeat": str(repeat)})
        run = study.runs[-1]
        tags = {**run.tags, "tracker.folds_digest": "f" * 64, "tracker.train_images": "8"}
        study.runs[-1] = dataclasses.replace(run, tags=tags)
        found = study.held_out[run.run_id]
        names = {sample_id("test", n): sample_id("test", 4 * fold + n) for n in range(4)}
        study.held_out[run.run_id] = dataclasses.replace(
            found,
            predictions=[
                dataclasses.replace(one, sample=names.get(one.sample, one.sample))
                for one in found.predictions
            ],
            patients={names[sample]: names[sample] for sample in found.patients},
        )


def test_an_arm_that_lacks_a_fold_is_left_out_and_not_the_one_that_has_all(answered: Answered) -> None:
    divided(answered, "feature-extractor", range(3))
    for mode in ("fine-tuning", "scratch"):
        divided(answered, mode, range(2))
    findings = answered.found()
    assert list(findings.arms) == [Arm("alexnet", "feature-extractor")]
    assert findings.arms["alexnet", "feature-extractor"].images == 12
    assert set(findings.missing.values()) == {FOLDS_LACK}


def test_a_fold_that_all_arms_lack_is_missed(answered: Answered) -> None:
    for mode in ("feature-extractor", "fine-tuning"):
        divided(answered, mode, range(2))
    assert set(answered.found().missing.values()) == {FOLDS_LACK}
    assert "not all of its folds have finished" in answered.compare().render()


def test_repeats_of_folds_are_no_seeds_in_what_an_interval_is_said_to_hold(answered: Answered) -> None:
    for mode in ("feature-extractor", "fine-tuning"):
        for repeat in range(2):
            divided(answered, mode, range(3), repeat=repeat)
    comparison = answered.compare()
    text = " ".join(comparison.render(details=True).split())
    assert "95 % interval over test images and repeats together, the answers of 3 folds put together" in text
    assert "how much trainings differ is not in them" in text
    assert "12 test images, 6 trainings" in text
    assert "and repeats" in text
    assert "and seeds" not in text
    assert set(comparison.table["interval_over"]) == {"test images and repeats"}
    by_area = " ".join(answered.compare("test/auroc").render().split())
    assert "repeats together, the mean of those of 3 folds" in by_area


def test_folds_without_a_test_say_why(answered: Answered) -> None:
    for mode, pattern in (("feature-extractor", "1111"), ("fine-tuning", "1101")):
        divided(answered, mode, range(3), pattern=pattern)
    text = " ".join(answered.compare().render().split())
    assert "Verdict: not established" in text
    assert "No test: the difference is the same in every fold, or the arms have other folds." in text


def test_images_are_counted_by_an_arm_that_has_all_folds(answered: Answered) -> None:
    divided(answered, "feature-extractor", range(2))
    divided(answered, "fine-tuning", range(3))
    folds = {run.params["fold"] for run in one_pass(answered.runs, "test")}
    assert folds == {"0", "1", "2"}
    assert len(one_pass(answered.runs, "val")) == 1
