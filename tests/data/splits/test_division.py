"""Folds of images: everyone in one, whole patients, classes in proportion."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tracker.data.splits.division import divide


@pytest.mark.parametrize("counts", [(326, 336), (20, 7, 73), (5, 5)])
def test_classes_are_divided_to_within_an_image(counts: tuple[int, ...]) -> None:
    labels = [label for label, count in enumerate(counts) for _ in range(count)]
    folds = divide(labels, range(len(labels)), 5, seed=0)
    for label, count in enumerate(counts):
        numbers = Counter(fold for fold, its in zip(folds, labels, strict=True) if its == label)
        assert all(count // 5 <= numbers[fold] <= -(-count // 5) for fold in range(5))


def test_what_belongs_together_is_in_one_fold_and_classes_are_near_their_shares() -> None:
    draw = random.Random(3)
    sizes = [draw.randint(1, 6) for _ in range(120)]
    groups = [patient for patient, size in enumerate(sizes) for _ in range(size)]
    labels = [int(patient % 3 == 0) for patient in groups]
    folds = divide(labels, groups, 5, seed=0)
    assert len(set(zip(groups, folds, strict=True))) == 120
    numbers = Counter(zip(labels, folds, strict=True))
    for label in (0, 1):
        assert all(abs(numbers[label, fold] - labels.count(label) / 5) < 2 for fold in range(5))


def test_another_seed_divides_otherwise_and_names_of_groups_mean_nothing() -> None:
    labels, groups = [0, 1] * 30, [place // 2 for place in range(60)]
    first = divide(labels, groups, 3, seed=0)
    assert divide(labels, [1000 - group for group in groups], 3, seed=0) == first
    assert divide(labels, groups, 3, seed=1) != first
