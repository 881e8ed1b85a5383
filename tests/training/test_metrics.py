"""Metrics equal those that are counted by hand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from decimal import Decimal, localcontext
from statistics import fmean
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    recall_score,
    roc_auc_score,
)
from torch import Tensor

from tracker.training.metrics import aurocs, correct, log_odds, losses, measure, scores


def area_by_pairs(scores: Sequence[float | Decimal], positive: Sequence[bool]) -> float:
    """Count the pairs in which the positive has the higher score; a tie is half a pair."""
    pairs = [
        (scores[i], scores[j])
        for i, j in itertools.product(range(len(scores)), repeat=2)
        if positive[i] and not positive[j]
    ]
    return sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)


def exact_odds(logits: list[float], of: int) -> Decimal:
    """Return log-odds with sixty digits."""
    with localcontext() as context:
        context.prec = 60
        others = sum((Decimal(z).exp() for k, z in enumerate(logits) if k != of), Decimal(0))
        return Decimal(logits[of]) - others.ln()


def exact_area(logits_NK: Tensor, labels_N: Tensor) -> float:
    """Count the pairs of each class against the rest, ranked by exact log-odds."""
    rows, labels = logits_NK.double().tolist(), labels_N.tolist()
    areas = [
        area_by_pairs([exact_odds(row, k) for row in rows], [label == k for label in labels])
        for k in range(logits_NK.shape[1])
    ]
    return sum(areas) / len(areas)


@pytest.mark.parametrize("classes", [2, 4])
def test_auroc_counts_pairs(classes: int) -> None:
    generator = torch.Generator().manual_seed(classes)
    # Coarse logits make ties.
    logits = torch.randint(0, 3, (40, classes), generator=generator).float()
    labels = torch.arange(40) % classes
    probabilities = logits.softmax(1)
    areas = [
        area_by_pairs(probabilities[:, k].double().tolist(), (labels == k).tolist()) for k in range(classes)
    ]
    assert aurocs(probabilities[:, None], labels).item() == pytest.approx(sum(areas) / classes, abs=1e-9)


@pytest.mark.parametrize("size", [20.0, 40.0, 1000.0, 1e30])
def test_the_more_certain_of_two_certain_answers_ranks_higher(size: float) -> None:
    """Of both, the softmax is exactly 1."""
    logits = torch.tensor([[0.0, size], [0.0, 2 * size]])
    assert measure(logits, torch.tensor([0, 1]))["auroc"] == 1.0
    assert measure(logits, torch.tensor([1, 0]))["auroc"] == 0.0
    assert measure(-logits, torch.tensor([0, 1]))["auroc"] == 0.0
    assert measure(logits.flip(1), torch.tensor([1, 0]))["auroc"] == 1.0


def test_equal_margins_of_two_classes_tie() -> None:
    logits = torch.tensor([[0.0, 30.0], [1e3, 1.03e3], [-7.0, 23.0]])
    assert measure(logits, torch.tensor([0, 1, 1]))["auroc"] == 0.5


@pytest.mark.parametrize("classes", [2, 3, 6])
@pytest.mark.parametrize("spread", [1.0, 30.0, 300.0])
def test_auroc_is_that_of_exact_log_odds_however_certain_the_network_is(classes: int, spread: float) -> None:
    generator = torch.Generator().manual_seed(classes)
    labels = torch.arange(24) % classes
    logits = spread * torch.randn(24, classes, generator=generator)
    # All but one image are given to the first class with certainty.
    logits[1:, 0] += 10 * spread
    assert measure(logits, labels)["auroc"] == pytest.approx(exact_area(logits, labels), abs=1e-12)


@pytest.mark.parametrize("classes", [2, 3, 6])
@pytest.mark.parametrize("spread", [1e-6, 1.0, 30.0, 100.0])
def test_log_odds_and_losses_are_exact_to_double_precision(classes: int, spread: float) -> None:
    logits = spread * torch.randn(12, classes, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(12) % classes
    found = log_odds(logits[:, None])
    assert found.dtype == torch.float64
    expected = [[exact_odds(row, k) for k in range(classes)] for row in logits.double().tolist()]
    for row, odds in zip(found[:, 0].tolist(), expected, strict=True):
        assert row == pytest.approx([float(one) for one in odds], rel=1e-12, abs=1e-14)
    each = [(1 + (-row[label]).exp()).ln() for row, label in zip(expected, labels.tolist(), strict=True)]
    assert losses(found, labels)[:, 0].tolist() == pytest.approx([float(one) for one in each], rel=1e-12)


def test_the_loss_of_certain_and_right_answers_is_not_zero() -> None:
    """Else all of them would be the best epoch and the best trial."""
    loss = [measure(torch.tensor([[0.0, z], [z, 0.0]]), torch.tensor([1, 0]))["loss"] for z in (20.0, 200.0)]
    assert loss == pytest.approx([math.exp(-20), math.exp(-200)], rel=1e-6)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("lost", [math.inf, -math.inf, math.nan])
def test_logits_that_are_not_finite_have_no_finite_loss(classes: int, lost: float) -> None:
    logits, labels = torch.zeros(6, classes), torch.arange(6) % classes
    logits[1, 1] = lost
    found = measure(logits, labels)
    assert math.isnan(found["loss"])
    assert math.isnan(found["auroc"])


def test_measures_of_a_small_example() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0], [0.0, 3.0], [1.0, 0.0]])
    labels = torch.tensor([0, 0, 1, 1])
    found = measure(logits, labels)
    losses = [math.log(1 + math.exp(-x)) for x in (2.0, -1.0, 3.0, -1.0)]
    assert found["accuracy"] == 0.5
    assert found["loss"] == pytest.approx(sum(losses) / 4, rel=1e-6)
    assert found["auroc"] == 0.75
    assert correct(logits[:, None], labels)[:, 0].tolist() == [True, False, True, False]


def test_scores_of_many_networks_are_those_of_each() -> None:
    logits_NHK = torch.randn(30, 4, 3, generator=torch.Generator().manual_seed(0))
    labels_N = torch.arange(30) % 3
    together = scores(logits_NHK, labels_N)
    for head in range(4):
        alone = measure(logits_NHK[:, head], labels_N)
        its_own = {name: values_H[head].item() for name, values_H in together.items()}
        assert its_own == pytest.approx(alone, rel=1e-12)


def test_auroc_of_probabilities_that_are_not_finite_is_nan() -> None:
    assert aurocs(torch.full((2, 1, 2), float("nan")), torch.tensor([0, 1])).isnan().all()


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("levels", [3, 1_000_000])
def test_aurocs_of_many_networks_are_those_of_scikit_learn(classes: int, levels: int) -> None:
    generator = torch.Generator().manual_seed(levels)
    # Few levels make ties.
    logits_NHK = torch.randint(0, levels, (37, 6, classes), generator=generator) * (4 / levels)
    labels_N = torch.arange(37).sqrt().long() % classes
    probabilities_NHK = logits_NHK.softmax(2)
    one_hot_NK = F.one_hot(labels_N, classes).numpy()
    found = aurocs(probabilities_NHK, labels_N)
    assert found.dtype == torch.float64
    for head in range(6):
        expected = roc_auc_score(one_hot_NK, probabilities_NHK[:, head].numpy(), average="macro")
        assert found[head].item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_shares_of_many_networks_are_those_of_scikit_learn(classes: int) -> None:
    logits_NHK = torch.randn(41, 8, classes, generator=torch.Generator().manual_seed(0))
    # A network that never answers with the last class: it has no precision.
    logits_NHK[:, 0, -1] = -9
    labels_N = torch.arange(41).sqrt().long() % classes
    for positive in range(classes) if classes == 2 else [None]:
        found = scores(logits_NHK, labels_N, positive=positive)
        of = {"average": "macro"} if positive is None else {"pos_label": positive}
        for head in range(8):
            truth, said = labels_N.numpy(), logits_NHK[:, head].argmax(1).numpy()
            expected = {
                "accuracy": accuracy_score(truth, said),
                "balanced_accuracy": balanced_accuracy_score(truth, said),
                "sensitivity": recall_score(truth, said, **of),
                "specificity": fmean(specificities(truth, said, positive, classes)),
                "f1": f1_score(truth, said, **of, zero_division=0),
            }
            assert {name: found[name][head].item() for name in expected} == pytest.approx(expected, abs=1e-12)


def specificities(truth: NDArray[Any], said: NDArray[Any], positive: int | None, classes: int) -> list[float]:
    """Return the recall of the other images, of the one class that is the finding or of each."""
    each = range(classes) if positive is None else [positive]
    return [recall_score(truth != k, said != k) for k in each]


def test_the_finding_can_be_either_of_two_classes() -> None:
    logits = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    labels = torch.tensor([0, 0, 0, 1])
    first, last = (measure(logits, labels, positive=positive) for positive in (0, 1))
    assert (first["sensitivity"], first["specificity"], first["f1"]) == (2 / 3, 0.0, 2 / 3)
    assert (last["sensitivity"], last["specificity"], last["f1"]) == (0.0, 2 / 3, 0.0)
    assert measure(logits, labels) == last
    assert first["balanced_accuracy"] == last["balanced_accuracy"] == 1 / 3
    assert first["auroc"] == last["auroc"]


@pytest.mark.parametrize("classes", [2, 3])
def test_what_needs_a_class_without_images_is_not_a_number(classes: int) -> None:
    """A mean over the other classes would be another metric under the same name."""
    logits = torch.randn(6, classes, generator=torch.Generator().manual_seed(0))
    found = measure(logits, torch.zeros(6, dtype=torch.int64))
    assert {name for name, value in found.items() if math.isfinite(value)} <= {
        "loss",
        "accuracy",
        "specificity",
    }
    assert found["accuracy"] == (logits.argmax(1) == 0).double().mean().item()


@pytest.mark.parametrize("lost", [float("nan"), float("inf")])
def test_a_network_without_finite_probabilities_leaves_the_aurocs_of_others(lost: float) -> None:
    probabilities_NHK = torch.rand(8, 3, 2, generator=torch.Generator().manual_seed(0))
    labels_N = torch.arange(8) % 2
    expected = aurocs(probabilities_NHK, labels_N)
    probabilities_NHK[3, 1, 0] = lost
    found = aurocs(probabilities_NHK, labels_N)
    assert found[[0, 2]].tolist() == expected[[0, 2]].tolist()
    assert math.isnan(found[1])
