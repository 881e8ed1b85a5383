from __future__ import annotations

import math
import random
from fractions import Fraction

import numpy as np
import pytest

from tracker.data.splits.allocation import assign_groups, target_table


def random_margins(rng: random.Random) -> tuple[list[int], list[int]]:
    classes = [rng.randint(1, 200) for _ in range(rng.randint(2, 9))]
    cuts = sorted(rng.sample(range(1, sum(classes)), 2)) if sum(classes) > 2 else [1, 1]
    return classes, [cuts[0], cuts[1] - cuts[0], sum(classes) - cuts[1]]


@pytest.mark.parametrize("seed", range(200))
def test_sums_are_exact_and_cells_are_rounded_up_or_down(seed: int) -> None:
    classes, parts = random_margins(random.Random(seed))
    table = target_table(classes, parts)
    assert [sum(row) for row in table] == classes
    assert [sum(column) for column in zip(*table, strict=True)] == parts
    exact = [[Fraction(row * column, sum(classes)) for column in parts] for row in classes]
    if all(value >= 1 for row in exact for value in row):
        for cells, values in zip(table, exact, strict=True):
            for cell, value in zip(cells, values, strict=True):
                assert math.floor(value) <= cell <= math.ceil(value)


def test_the_reference_split_is_rounded_to_the_nearest() -> None:
    assert target_table([326, 336], [486, 44, 132]) == [[239, 22, 65], [247, 22, 67]]


def test_a_rare_class_gets_into_every_part() -> None:
    table = target_table([97, 3], [80, 10, 10])
    assert table[1] == [1, 1, 1]
    assert [sum(column) for column in zip(*table, strict=True)] == [80, 10, 10]


def test_a_class_with_fewer_images_than_parts_cannot() -> None:
    assert sum(target_table([98, 2], [80, 10, 10])[1]) == 2


def test_a_thousand_classes_are_divided() -> None:
    table = target_table([13] * 1000, [9100, 1300, 2600])
    assert [sum(column) for column in zip(*table, strict=True)] == [9100, 1300, 2600]


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
