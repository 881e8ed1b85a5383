"""Several workers at one plan, and what comes of those that die; most are of this process, in turn."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from tests.support.journals import recorded_in
from tests.support.plans import Prepare, RecordingReporter
from tracker import engines
from tracker.engines.engine import Worker
from tracker.interruption import Interruption
from tracker.runs import run_worker
from tracker.runs.events import Reporter, RunResult
from tracker.runs.execute import execute
from tracker.runs.plan_executor import PlanExecutor
from tracker.runs.run_worker import HELLO, NEXT
from tracker.runs.side_by_side import SideBySide
from tracker.runs.work_list import WorkList

Meanwhile = Callable[[], None]

SEEDS = (0, 1)
ENGINES = """
from tests.runs.test_side_by_side import {name} as ENGINE
"""


def one_after_another(
    work: Callable[..., None], workers: Sequence[Worker], *, meanwhile: Meanwhile, interruption: Interruption
) -> None:
    for worker in workers:
        work(*worker.arguments)
        meanwhile()


def first_one_dies(
    work: Callable[..., None], workers: Sequence[Worker], *, meanwhile: Meanwhile, interruption: Interruption
) -> None:
    """Have a worker say that it is there, take a run, and be gone."""
    prepared, end = workers[0].arguments
    with Connection(os.dup(end.fileno())) as own:
        own.send((HELLO, ()))
        own.send((NEXT, ()))
        recipe = prepared.plan.recipes[own.recv()]
        own.send(("run_started", (recipe, 1, len(SEEDS))))
    one_after_another(work, workers[1:], meanwhile=meanwhile, interruption=interruption)


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """One of the engines above, found by its file as any other."""
    name: str = request.param
    folder = tmp_path / "engines"
    folder.mkdir()
    (folder / f"{name}.py").write_text(ENGINES.format(name=name))
    monkeypatch.setattr(engines, "__path__", [*engines.__path__, str(folder)])
    return name.replace("_", "-")


class Threads(RecordingReporter):
    """Also remembers in which threads it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[threading.Thread] = set()

    def epoch(self, *told: Any) -> None:
        super().epoch(*told)
        self.threads.add(threading.current_thread())


@pytest.mark.parametrize("engine", ["one_after_another"], indirect=True)
def test_runs_are_told_of_in_one_thread_and_end_in_the_order_of_the_plan(
    prepare_small: Prepare, workplace: Path, engine: str
) -> None:
    prepared = prepare_small(seed=SEEDS, epochs=1, log_model="none", jobs=2, engine=engine)
    reporter = Threads()
    results = execute(prepared, reporter)
    names = [recipe.run_name for recipe in prepared.plan.recipes]
    assert [result.recipe.run_name for result in results] == names
    assert reporter.named("run_started") == [(name, n, 2) for n, name in enumerate(names, start=1)]
    assert reporter.named("run_ended") == ["FINISHED"] * 2
    assert reporter.threads == {threading.current_thread()}
    assert [result.state for result in execute(prepared, RecordingReporter())] == ["SKIPPED"] * 2


@pytest.mark.parametrize("engine", ["one_after_another"], indirect=True)
def test_what_is_run_again_is_run_again_once(prepare_small: Prepare, workplace: Path, engine: str) -> None:
    for rerun in (False, True):
        prepared = prepare_small(seed=SEEDS, epochs=1, log_model="none", jobs=2, engine=engine, rerun=rerun)
        assert [result.state for result in execute(prepared, RecordingReporter())] == ["FINISHED"] * 2
    assert len(list((workplace / ".tracker" / "runs").iterdir())) == 2 * len(SEEDS)


@pytest.mark.parametrize("engine", ["first_one_dies"], indirect=True)
def test_a_run_whose_worker_dies_is_done_by_another(
    prepare_small: Prepare, workplace: Path, engine: str
) -> None:
    prepared = prepare_small(seed=SEEDS, epochs=1, log_model="none", jobs=2, engine=engine)
    reporter = RecordingReporter()
    results = execute(prepared, reporter)
    assert [result.state for result in results] == ["FINISHED"] * 2
    (note,) = reporter.named("note")
    assert str(note).startswith(f"{prepared.plan.recipes[0].in_words}: its process has died")
    assert {recorded.status for recorded in recorded_in(workplace).values()} == {"FINISHED"}


@pytest.mark.parametrize("engine", ["one_after_another"], indirect=True)
def test_a_run_that_fails_leaves_the_others_to_their_workers(
    prepare_small: Prepare, workplace: Path, engine: str
) -> None:
    prepared = prepare_small(
        mode=("feature-extractor", "fine-tuning"), lr=1e30, log_model="none", jobs=2, engine=engine
    )
    assert {result.state for result in execute(prepared, RecordingReporter())} == {"FAILED"}


@pytest.mark.parametrize("engine", ["one_after_another"], indirect=True)
def test_runs_of_another_command_are_left_to_it(prepare_small: Prepare, workplace: Path, engine: str) -> None:
    """The other one is a reporter of the first, which does the same plan in the middle of a run."""
    prepared = prepare_small(seed=SEEDS, epochs=1, log_model="none")
    beside: list[tuple[list[object], list[RunResult]]] = []

    class Beside(RecordingReporter):
        def epoch(self, recipe, epoch, values) -> None:
            if not beside:
                there = RecordingReporter()
                several = prepare_small(seed=SEEDS, epochs=1, log_model="none", jobs=2, engine=engine)
                results = execute(several, there)
                beside.append((there.named("run_ended"), results))

    results = execute(prepared, Beside())
    ((told, others),) = beside
    assert [result.state for result in others] == ["TAKEN", "FINISHED"]
    assert told == ["FINISHED", "TAKEN"]
    assert [result.state for result in results] == ["FINISHED", "SKIPPED"]


def test_a_process_of_its_own_makes_a_run_and_tells_of_it(prepare_small: Prepare, workplace: Path) -> None:
    prepared = prepare_small(seed=SEEDS, epochs=2, log_model="none", jobs=2)
    reporter = RecordingReporter()
    workers = SideBySide(
        prepared, PlanExecutor(prepared, reporter, Interruption()).recipes, reporter, Interruption()
    )
    (result,) = workers.run(WorkList([1]), [{"OMP_NUM_THREADS": "1"}]).values()
    run = prepared.plan.recipes[1]
    assert (result.recipe.seed, result.state) == (1, "FINISHED")
    assert [name for name, _ in reporter.events] == ["run_started", "epoch", "epoch", "run_ended"]
    (recorded,) = recorded_in(workplace).values()
    assert recorded.tags["tracker.threads"] == "1"
    assert run.run_name in recorded_in(workplace)


def test_a_worker_passes_on_whatever_a_reporter_can_be_told() -> None:
    # What several runs do at once has a name of its own there, and is what `progress` becomes.
    events = {name for name in vars(Reporter) if not name.startswith("_")} - {"run_progress"}
    assert events <= vars(run_worker._Telling).keys()
