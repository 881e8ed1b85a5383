"""An engine is found by its file being there, and used by its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Outcome, small_run
from tests.support.workplace import argv_stays, shared_cache, tracker, workplace
from tracker import engines
from tracker.engines import engine_names, find_engine
from tracker.engines.engine import Worker
from tracker.engines.processes import work_in_processes
from tracker.errors import UsageError
from tracker.interruption import Interruption

__all__ = ["argv_stays", "shared_cache", "tracker", "workplace"]

ONE_AFTER_ANOTHER = """
def work_one_after_another(work, workers, *, meanwhile, interruption):
    for worker in workers:
        work(*worker.arguments)
        meanwhile()

ENGINE = work_one_after_another
"""


@pytest.fixture
def another_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one_after_another.py").write_text(ONE_AFTER_ANOTHER)
    monkeypatch.setattr(engines, "__path__", [*engines.__path__, str(tmp_path)])


def test_processes_come_with_tracker() -> None:
    assert find_engine("processes") is work_in_processes


def test_an_unknown_engine_is_refused_before_anything_is_done(
    tracker: Callable[..., Outcome], workplace: Path, radiographs: Path
) -> None:
    outcome = tracker(*small_run(radiographs, "--engine", "slurm"))
    assert outcome.code == 2
    assert f"--engine must be one of {', '.join(engine_names())}, but it is 'slurm'" in outcome.err
    assert list(workplace.iterdir()) == []


@pytest.mark.usefixtures("another_engine")
def test_an_engine_that_a_colleague_adds_is_one_file() -> None:
    calls: list[int] = []

    def work(*arguments: Any) -> None:
        calls.extend(arguments)

    find_engine("one-after-another")(
        work, [Worker((7,))] * 2, meanwhile=lambda: calls.append(0), interruption=Interruption()
    )
    assert calls == [7, 0, 7, 0]
    with pytest.raises(UsageError, match=r"one of .*one-after-another.*processes"):
        find_engine("ray")


@pytest.mark.slow
@pytest.mark.usefixtures("another_engine")
def test_trials_are_trained_by_the_engine_that_is_asked_for(
    tracker: Callable[..., Outcome], radiographs: Path
) -> None:
    arguments = ["tune", *small_run(radiographs)[1:], "--model", "mini-densenet", "--mode", "fine-tuning"]
    outcome = tracker(*arguments, "--trials", "3", "--jobs", "2", "--engine", "one-after-another")
    assert outcome.code == 0, outcome.err
    assert "study" in tracker("status").out
