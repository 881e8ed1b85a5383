"""The runs of a plan, one after another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.journals import recorded_in
from tests.support.plans import Prepare, RecordingReporter
from tracker.interruption import Interruption
from tracker.runs.events import RunResult
from tracker.runs.execute import execute
from tracker.tracking.journal.entries import TrainedModel


def models_in(folder: Path) -> list[str]:
    """Return the names of the runs whose network is stored."""
    return sorted(
        name
        for name, recorded in recorded_in(folder).items()
        if any(isinstance(entry, TrainedModel) for entry in recorded.entries)
    )


def test_every_run_is_told_of_in_the_order_of_the_plan(prepare_small: Prepare, workplace: Path) -> None:
    reporter = RecordingReporter()
    prepared = prepare_small(seed=(0, 1), log_model="none", epochs=1)
    results = execute(prepared, reporter)
    names = [recipe.run_name for recipe in prepared.plan.recipes]
    assert [result.recipe.run_name for result in results] == names
    assert reporter.named("run_started") == [(names[0], 1, 2), (names[1], 2, 2)]
    assert reporter.named("run_ended") == ["FINISHED", "FINISHED"]
    assert [result.state for result in execute(prepared, reporter)] == ["SKIPPED", "SKIPPED"]


@pytest.mark.parametrize(("log_model", "seeds"), [("first", [0]), ("all", [0, 1]), ("none", [])])
def test_networks_are_stored_as_asked(
    prepare_small: Prepare, workplace: Path, log_model: str, seeds: list[int]
) -> None:
    prepared = prepare_small(seed=(0, 1), log_model=log_model, epochs=1)
    execute(prepared, RecordingReporter())
    assert models_in(workplace) == sorted(
        recipe.run_name for recipe in prepared.plan.recipes if recipe.seed in seeds
    )


def test_a_run_that_fails_does_not_stop_the_next_one(prepare_small: Prepare, workplace: Path) -> None:
    prepared = prepare_small(seed=(0, 1), mode="fine-tuning", log_model="none")
    first, second = prepared.plan.recipes
    recipes = (first.model_copy(update={"lr": 1e30}), second)
    results = execute(replace(prepared, plan=replace(prepared.plan, recipes=recipes)), RecordingReporter())
    assert [result.state for result in results] == ["FAILED", "FINISHED"]
    assert {name: recorded.status for name, recorded in recorded_in(workplace).items()} == {
        first.run_name: "FAILED",
        second.run_name: "FINISHED",
    }


def test_an_end_that_is_asked_for_between_runs_leaves_the_next_one_alone(
    prepare_small: Prepare, workplace: Path
) -> None:
    interruption = Interruption()

    class StopsAfterARun(RecordingReporter):
        def run_ended(self, result: RunResult) -> None:
            interruption.asked = True

    prepared = prepare_small(seed=(0, 1), epochs=1, log_model="none")
    with pytest.raises(KeyboardInterrupt):
        execute(prepared, StopsAfterARun(), interruption)
    assert list(recorded_in(workplace)) == [prepared.plan.recipes[0].run_name]


def test_runs_that_another_process_is_at_are_looked_at_again_at_the_end(
    prepare_small: Prepare, workplace: Path
) -> None:
    """The other one is a reporter of the first, which does the same plan in the middle of a run."""
    prepared = prepare_small(seed=(0, 1), epochs=1, log_model="none")
    beside: list[list[RunResult]] = []

    class Beside(RecordingReporter):
        def epoch(self, recipe, epoch, values) -> None:
            if not beside:
                beside.append(execute(prepared, RecordingReporter()))

    results = execute(prepared, Beside())
    assert [result.state for result in beside[0]] == ["TAKEN", "FINISHED"]
    assert [result.state for result in results] == ["FINISHED", "SKIPPED"]
