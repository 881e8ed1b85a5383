from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest

from tracker.data.splits.allocation import target_table


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
