"""Metrics equal those that are counted by hand."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from tracker.training.metrics import accuracy, auroc, measure


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
    assert auroc(probabilities, labels) == pytest.approx(sum(areas) / classes, abs=1e-9)


def test_measures_of_a_small_example() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0], [0.0, 3.0], [1.0, 0.0]])
    labels = torch.tensor([0, 0, 1, 1])
    found = measure(logits, labels)
    losses = [math.log(1 + math.exp(-x)) for x in (2.0, -1.0, 3.0, -1.0)]
    assert found["accuracy"] == 0.5
    assert found["loss"] == pytest.approx(sum(losses) / 4, rel=1e-6)
    assert found["auroc"] == 0.75
    assert accuracy(logits, labels) == 0.5


def test_auroc_of_probabilities_that_are_not_finite_is_nan() -> None:
    assert math.isnan(auroc(torch.full((2, 2), float("nan")), torch.tensor([0, 1])))
