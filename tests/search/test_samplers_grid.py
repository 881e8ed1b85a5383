from __future__ import annotations

import math

import pytest

from tests.support.arms import POINTS, RANGE
from tracker.config.search_space import Choices, Range
from tracker.search.samplers import grid_points, points_per_range

TWO = {"lr": Range(1e-5, 1e-1), "weight_decay": Range(1e-6, 1e-2), "optimizer": Choices(("sgd", "adam"))}


@pytest.mark.parametrize(("trials", "steps"), [(1, 2), (8, 2), (17, 2), (18, 3), (31, 3), (32, 4), (200, 10)])
def test_a_range_gets_as_many_points_as_fit_the_budget(trials: int, steps: int) -> None:
    assert points_per_range(TWO, trials) == steps


def test_points_are_evenly_spaced_in_the_logarithm_from_end_to_end() -> None:
    rates = sorted(float(point["lr"]) for point in grid_points(RANGE, trials=5, seed=0))
    assert (rates[0], rates[-1]) == (1e-5, 1e-1)
    assert [math.log10(rate) for rate in rates] == pytest.approx([-5, -4, -3, -2, -1])


def test_each_point_comes_once_in_an_order_of_the_seed() -> None:
    points = grid_points(POINTS, trials=12, seed=1)
    assert len({tuple(point.items()) for point in points}) == len(points) == 12
    assert points == grid_points(POINTS, trials=12, seed=1)
    other = grid_points(POINTS, trials=12, seed=2)
    assert points != other
    assert {tuple(point.items()) for point in points} == {tuple(point.items()) for point in other}


def test_a_grid_is_never_larger_than_the_budget() -> None:
    assert len(grid_points(TWO, trials=3, seed=0)) == 3
    assert len(grid_points({"optimizer": Choices(("sgd", "adam"))}, trials=9, seed=0)) == 2
