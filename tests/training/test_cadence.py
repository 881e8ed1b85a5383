"""Checkpoints are written as often as they cost little; a run that was cut off catches up quickly."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.support.clocks import Clock
from tracker.training.cadence import AT_LEAST_S, AT_MOST_S, SHARE, ByCost, Cadence, EveryEpochs


def moments(cadence: Cadence, clock: Clock, *, cost: float, until: float) -> Iterator[float]:
    """Ask every half second, and yield when a checkpoint is due that takes so long."""
    known = 0.0
    while clock.seconds < until:
        if cadence.due(epochs=0, cost=known, writing=False):
            yield clock.seconds
            cadence.taken(epochs=0)
            known = cost
        clock.seconds += 0.5


def test_one_that_costs_little_is_due_every_half_minute() -> None:
    clock = Clock()
    assert list(moments(ByCost(clock), clock, cost=0.01, until=100)) == [30, 60, 90]


def test_one_that_costs_much_is_due_when_the_time_since_the_last_has_paid_for_it() -> None:
    clock = Clock()
    slow_disk_s = 456 / 20
    due = list(moments(ByCost(clock), clock, cost=slow_disk_s, until=4000))
    assert due == [30, 30 + 50 * slow_disk_s, 30 + 100 * slow_disk_s, 30 + 150 * slow_disk_s]


@pytest.mark.parametrize("cost", [0.0, 0.3, 1.0, 20.0])
def test_each_pause_pays_for_the_checkpoint_before_it(cost: float) -> None:
    clock = Clock()
    due = list(moments(ByCost(clock), clock, cost=cost, until=5000))
    pauses = [after - before for before, after in itertools.pairwise(due)]
    assert all(cost <= SHARE * pause for pause in pauses)
    assert max(pauses) <= max(AT_LEAST_S, cost / SHARE)


@pytest.mark.parametrize("in_a_hurry", [False, True])
def test_while_one_is_being_written_none_is_due(in_a_hurry: bool) -> None:
    clock = Clock()
    cadence = ByCost(clock, in_a_hurry=in_a_hurry)
    assert not cadence.due(epochs=0, cost=0, writing=False)
    clock.seconds += 1e6
    assert not cadence.due(epochs=0, cost=0, writing=True)
    assert cadence.due(epochs=0, cost=0, writing=False)


def test_a_disk_that_once_hung_does_not_put_off_the_next_one_for_long() -> None:
    clock = Clock()
    assert list(moments(ByCost(clock), clock, cost=600, until=4000)) == [
        30,
        30 + AT_MOST_S,
        30 + 2 * AT_MOST_S,
    ]


def test_a_run_that_was_cut_off_keeps_half_of_what_it_trains_wherever_it_is_cut_off_again() -> None:
    clock = Clock()
    due = list(moments(ByCost(clock, in_a_hurry=True), clock, cost=0.01, until=150))
    assert due == [0.5, 1, 2, 4, 8, 16, 32, 62, 92, 122]


def test_in_a_hurry_an_expensive_one_takes_no_more_than_half_of_the_time() -> None:
    clock = Clock()
    due = list(moments(ByCost(clock, in_a_hurry=True), clock, cost=10, until=1200))
    assert due == [0.5, 20.5, 41, 82, 164, 328, 656, 1156]


def test_a_checkpoint_can_be_asked_for_after_every_so_many_epochs() -> None:
    cadence = EveryEpochs(3, begun_after=3)
    due = []
    for epochs in range(3, 10):
        for _before_each_batch in range(4):
            if cadence.due(epochs=epochs, cost=1e9, writing=True):
                due.append(epochs)
                cadence.taken(epochs=epochs)
    assert due == [6, 9]
