"""Which run is next, for one worker and for several."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import sleep

from tests.support.trainings import make_recipe
from tracker.records import RunState
from tracker.runs.events import RunResult
from tracker.runs.work_list import WorkList

TAKEN = RunResult(make_recipe(), RunState.TAKEN)


def test_runs_are_handed_out_in_their_order_and_once() -> None:
    work, seen = WorkList([2, 5, 7]), []
    while (number := work.next()) is not None:
        seen.append(number)
        work.done(number)
    assert seen == [2, 5, 7]
    assert work.next() is None


def test_what_another_command_is_at_is_looked_at_again_as_long_as_something_ends_meanwhile() -> None:
    work, seen = WorkList([0, 1]), []
    while (number := work.next()) is not None:
        seen.append(number)
        if number == 0:
            work.put_off(number, TAKEN)
        else:
            work.done(number)
    assert seen == [0, 1, 0]
    assert work.taken == {0: TAKEN}


def test_a_worker_with_nothing_to_do_waits_for_a_run_that_may_come_back() -> None:
    work = WorkList([0])
    assert work.next() == 0
    with ThreadPoolExecutor() as pool:
        idle = pool.submit(work.next)
        sleep(0.05)
        assert not idle.done()
        work.give_back(0)
        assert idle.result(timeout=10) == 0
        idle = pool.submit(work.next)
        work.done(0)
        assert idle.result(timeout=10) is None
