from __future__ import annotations

import random

import numpy as np
import pytest

from tracker.data.splits.allocation import assign_groups, target_table


def parts_of(groups: list[list[int]], targets: list[list[int]], seed: int) -> list[list[int]]:
    have = np.zeros((len(targets), len(targets[0])), dtype=int)
    for group, part in zip(groups, assign_groups(groups, targets, seed=seed), strict=True):
        have[part] += group
    return have.tolist()


def targets_for(groups: list[list[int]], parts: list[int]) -> list[list[int]]:
    classes = np.array(groups).sum(axis=0).tolist()
    return [list(column) for column in zip(*target_table(classes, parts), strict=True)]


@pytest.mark.parametrize("seed", range(20))
def test_groups_of_one_image_hit_the_targets_exactly(seed: int) -> None:
    groups = [[1, 0, 0]] * 50 + [[0, 1, 0]] * 30 + [[0, 0, 1]] * 20
    targets = targets_for(groups, [70, 10, 20])
    assert parts_of(groups, targets, seed) == targets


@pytest.mark.parametrize("seed", range(20))
def test_many_small_groups_hit_the_targets_exactly(seed: int) -> None:
    rng = random.Random(seed)
    groups = [[rng.randint(0, 3), rng.randint(0, 3)] for _ in range(200)]
    groups = [group for group in groups if sum(group)]
    images = int(np.array(groups).sum())
    targets = targets_for(groups, [images - images // 10 - images // 5, images // 10, images // 5])
    assert parts_of(groups, targets, seed) == targets


def test_moves_and_exchanges_find_what_drawing_alone_would_miss() -> None:
    # Only one way to divide these exactly, whatever the order of the draw: {6, 4}, {5}, {3, 2}.
    groups = [[6, 0], [4, 0], [5, 0], [3, 0], [2, 0], [0, 10], [0, 5], [0, 5]]
    targets = [[10, 10], [5, 5], [5, 5]]
    for seed in range(30):
        have = np.array(parts_of(groups, targets, seed))
        assert np.abs(have - targets).sum() <= 4
    assert any(parts_of(groups, targets, seed) == targets for seed in range(30))


def test_a_part_gets_a_class_even_if_the_counts_suffer() -> None:
    groups = [[3, 0], [3, 0], [3, 0], [0, 3], [0, 3], [0, 3]]
    targets = [[7, 7], [1, 1], [1, 1]]
    for seed in range(10):
        assert np.array(parts_of(groups, targets, seed)).min() > 0


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    groups = [[1, 0]] * 20 + [[0, 1]] * 20
    targets = [[10, 10], [5, 5], [5, 5]]
    draws = [tuple(assign_groups(groups, targets, seed=seed)) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_large_groups_are_spread_over_the_parts() -> None:
    groups = [[4]] * 20 + [[1]] * 120
    targets = [[100], [50], [50]]
    large = [0, 0, 0]
    for seed in range(20):
        for part in assign_groups(groups, targets, seed=seed)[:20]:
            large[part] += 1
    assert min(large) > 50


def test_groups_of_many_different_kinds_are_divided_nearly_exactly() -> None:
    rng = random.Random(0)
    groups = [[rng.randint(0, 4) for _ in range(8)] for _ in range(400)]
    targets = targets_for(groups, [int(np.array(groups).sum()) - 1500, 500, 1000])
    have = np.array(parts_of(groups, targets, 0))
    assert np.abs(have.sum(axis=1) - np.array(targets).sum(axis=1)).max() <= 3
    assert np.abs(have - targets).max() <= 5
