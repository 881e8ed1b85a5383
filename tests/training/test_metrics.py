"""Metrics equal those that are counted by hand."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score

from tracker.training.metrics import aurocs, correct, measure, scores


def area_by_pairs(scores: list[float], positive: list[bool]) -> float:
    """Count the pairs in which the positive has the higher score; a tie is half a pair."""
    pairs = [
        (scores[i], scores[j])
        for i, j in itertools.product(range(len(scores)), repeat=2)
        if positive[i] and not positive[j]
    ]
    return sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)


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
        assert {name: values_H[head].item() for name, values_H in together.items()} == alone


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


@pytest.mark.parametrize("lost", [float("nan"), float("inf")])
def test_a_network_without_finite_probabilities_leaves_the_aurocs_of_others(lost: float) -> None:
    probabilities_NHK = torch.rand(8, 3, 2, generator=torch.Generator().manual_seed(0))
    labels_N = torch.arange(8) % 2
    expected = aurocs(probabilities_NHK, labels_N)
    probabilities_NHK[3, 1, 0] = lost
    found = aurocs(probabilities_NHK, labels_N)
    assert found[[0, 2]].tolist() == expected[[0, 2]].tolist()
    assert math.isnan(found[1])
