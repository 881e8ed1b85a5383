from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracker.io import parallel
from tracker.io.parallel import parallel_map, usable_cores


def test_results_come_in_the_order_of_the_items() -> None:
    assert list(parallel_map(lambda number: number * number, range(200))) == [n * n for n in range(200)]


def test_as_many_threads_work_at_once_as_there_are_cores() -> None:
    # Every thread waits for all others: fewer threads would never get past the barrier.
    barrier = threading.Barrier(usable_cores())
    places = parallel_map(lambda _: barrier.wait(timeout=10), range(usable_cores()))
    assert sorted(places) == list(range(usable_cores()))


def test_a_container_with_time_on_fewer_cores_than_there_are_has_fewer_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parallel, "allowed_cores", lambda: 16)
    for limit, usable in ((None, 16), (64, 16), (16, 16), (3, 3)):
        monkeypatch.setattr(parallel, "cpu_limit", lambda limit=limit: limit)
        assert usable_cores() == usable


def test_everyone_else_asks_here_for_the_number_of_cores() -> None:
    package = Path(parallel.__file__).parents[1]
    counting = {"cpu_count", "process_cpu_count", "sched_getaffinity"}
    found = [
        path.name for path in package.rglob("*.py") if any(name in path.read_text() for name in counting)
    ]
    assert found == ["parallel.py"]


def test_only_a_few_items_are_taken_ahead() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(10_000):
            taken += 1
            yield number

    results = parallel_map(lambda number: number, items())
    assert next(results) == 0
    assert taken <= 4 * usable_cores() + 1
    assert isinstance(results, Iterator)
    results.close()  # type: ignore[attr-defined]


def test_an_exception_reaches_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        list(parallel_map(lambda number: 1 // number, [1, 0]))


def test_items_that_wait_are_given_up_when_the_caller_stops() -> None:
    begun: list[int] = []
    may_end = threading.Event()

    def wait(number: int) -> int:
        begun.append(number)
        if number:
            may_end.wait(timeout=10)
        return number

    results = parallel_map(wait, range(4 * usable_cores()))
    assert next(results) == 0
    threading.Timer(0.2, may_end.set).start()
    results.close()  # type: ignore[attr-defined]
    assert len(begun) <= usable_cores() + 1
