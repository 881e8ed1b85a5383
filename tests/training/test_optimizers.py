"""Schedules change the learning rate as their names say."""

from __future__ import annotations

import math

import pytest
from torch import nn, optim

from tests.support.trainings import make_recipe
from tracker.training.optimizers import make_optimizer, make_schedule


def rates(schedule: str, epochs: int) -> list[float]:
    recipe = make_recipe(schedule=schedule, epochs=epochs, lr=0.1)
    optimizer = make_optimizer(nn.Linear(2, 2).parameters(), recipe)
    schedule_of = make_schedule(optimizer, recipe)
    seen = []
    for _ in range(epochs):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule_of.step()
    return seen


def test_constant_stays() -> None:
    assert rates("constant", 7) == [0.1] * 7


def test_cosine_falls_towards_zero() -> None:
    expected = [0.05 * (1 + math.cos(math.pi * epoch / 8)) for epoch in range(8)]
    assert rates("cosine", 8) == pytest.approx(expected)


@pytest.mark.parametrize(("epochs", "third"), [(9, 3), (40, 14), (2, 1)])
def test_step_divides_by_ten_after_each_third(epochs: int, third: int) -> None:
    expected = [0.1 * 0.1 ** (epoch // third) for epoch in range(epochs)]
    assert rates("step", epochs) == pytest.approx(expected)


@pytest.mark.parametrize(("name", "kind"), [("sgd", optim.SGD), ("adam", optim.Adam), ("adamw", optim.AdamW)])
def test_the_optimizer_gets_what_the_recipe_says(name: str, kind: type[optim.Optimizer]) -> None:
    recipe = make_recipe(optimizer=name, lr=0.2, weight_decay=0.3, momentum=0.7)
    optimizer = make_optimizer(nn.Linear(2, 2).parameters(), recipe)
    group = optimizer.param_groups[0]
    assert type(optimizer) is kind
    assert (group["lr"], group["weight_decay"]) == (0.2, 0.3)
    assert name != "sgd" or group["momentum"] == 0.7
