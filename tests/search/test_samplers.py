from __future__ import annotations

import math
from statistics import median

import pytest

from tests.support.studies import POINTS, RANGE, small_spec
from tracker.config.search_space import Choices, Range
from tracker.errors import TuningError
from tracker.search.records import Value
from tracker.search.samplers import SAMPLERS, grid_points, points_per_range
from tracker.search.study import ArmStudy

DRAWING = sorted(set(SAMPLERS) - {"grid"})
TWO = {"lr": Range(1e-5, 1e-1), "weight_decay": Range(1e-6, 1e-2), "optimizer": Choices(("sgd", "adam"))}


def drawn(storage: str, parts: list[int], **changes: object) -> list[dict[str, Value]]:
    """Run trials in several processes' lives, one after the other, and return what was drawn."""
    found = []
    for part in parts:
        with ArmStudy(small_spec(storage, trials=sum(parts), space=POINTS, **changes)) as study:
            for _ in range(part):
                (one,) = study.ask(1)
                found.append(dict(one.params))
                study.complete(one, float(one.params["lr"]))
    return found


@pytest.mark.parametrize("sampler", DRAWING)
def test_draws_are_the_same_however_often_the_process_was_started_again(storage: str, sampler: str) -> None:
    # After ten trials the samplers learn from the history; before, they draw at random.
    whole = drawn(storage, [12], sampler=sampler)
    assert drawn(storage + "2", [2, 9, 1], sampler=sampler) == whole
    rates = [params["lr"] for params in whole[:10]]
    assert len(set(rates)) == 10
    assert all(type(params["lr"]) is float and type(params["batch_size"]) is int for params in whole)


def test_another_seed_draws_otherwise(storage: str) -> None:
    assert drawn(storage, [3], seed=1) != drawn(storage + "2", [3], seed=2)


def test_two_processes_with_one_seed_do_not_draw_the_same(storage: str) -> None:
    with ArmStudy(small_spec(storage)) as one, ArmStudy(small_spec(storage)) as other:
        assert one.ask(1)[0].params != other.ask(1)[0].params


def test_tpe_learns(storage: str) -> None:
    rates = [float(params["lr"]) for params in drawn(storage, [30])]
    assert median(rates[10:]) < median(rates[:10]) / 3


def test_a_sampler_that_is_none_is_refused_with_the_names_of_all(storage: str) -> None:
    with pytest.raises(TuningError, match="tpe, random, gp, grid, but got 'tea'"):
        ArmStudy(small_spec(storage, sampler="tea"))


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
