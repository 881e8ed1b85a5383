"""The order of the runs of a plan: one after another, shared with whoever works on the same plan."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from tracker.config.recipe import Recipe
from tracker.interruption import Interruption
from tracker.records import RunState
from tracker.runs.events import Notifier, Reporter, RunResult
from tracker.runs.plan import Prepared
from tracker.runs.run_executor import RunExecutor
from tracker.tracking.journal.recorder import RunRecorder

_DISK_PATIENCE_S = 5.0


def execute(
    prepared: Prepared, reporter: Reporter, interruption: Interruption | None = None
) -> list[RunResult]:
    """Run every recipe of a plan that has not finished before, and that no other process is at.

    A run that fails is recorded as FAILED, and the next one begins.

    Args:
        prepared: The plan.
        reporter: Told how far it is.
        interruption: What asks for an end.

    Returns:
        How each run ended, in the order of the plan.

    Raises:
        KeyboardInterrupt: Someone asked for an end; the run at work is KILLED, and can go on later.
    """
    return _PlanExecutor(prepared, reporter, interruption or Interruption()).run()


class _PlanExecutor:
    """Executes the runs of a plan, and knows what came of them so far."""

    def __init__(self, prepared: Prepared, reporter: Reporter, interruption: Interruption) -> None:
        notifier, rule = Notifier(reporter), prepared.images.split.rule
        recipes = [planned.model_copy(update={"split": rule}) for planned in prepared.plan.recipes]
        models = _with_models(recipes, prepared.plan.options.log_model)
        self._executors = [
            RunExecutor(prepared, recipe, with_model, reporter, notifier, interruption)
            for recipe, with_model in zip(recipes, models, strict=True)
        ]
        self._reporter = reporter
        self._interruption = interruption
        self._results: dict[int, RunResult] = {}
        self._unwritten: dict[int, RunRecorder] = {}

    def run(self) -> list[RunResult]:
        left = list(range(len(self._executors)))
        while left:
            taken = [index for index in left if not self._do(index)]
            if taken == left:
                break
            # Others were at work in the meantime: theirs may have ended by now, one way or the other.
            left = taken
        for index in left:
            self._reporter.run_ended(self._results[index])
        self._wait_for_disk()
        return [self._results[index] for index in range(len(self._executors))]

    def _do(self, index: int) -> bool:
        """Do one run; say whether it was ours to do."""
        executor = self._executors[index]
        self._reporter.run_started(executor.recipe, index + 1, len(self._executors))
        result, unwritten = executor.run()
        self._results[index] = result
        if unwritten is not None:
            self._unwritten[index] = unwritten
        self._close_written()
        if result.state is RunState.TAKEN:
            return False
        self._reporter.run_ended(result)
        self._interruption.stop_point()
        return True

    def _close_written(self) -> None:
        """Try again to write what the disk did not take of runs that have ended."""
        self._unwritten = {i: recorder for i, recorder in self._unwritten.items() if not recorder.close()}

    def _wait_for_disk(self) -> None:
        """Wait a little for a full disk; a run whose end is not on it is one that the next command ends."""
        deadline = time.monotonic() + _DISK_PATIENCE_S
        while self._unwritten and time.monotonic() < deadline:
            time.sleep(_DISK_PATIENCE_S / 10)
            self._close_written()
        for index, recorder in self._unwritten.items():
            reason = f"{recorder.disk_problem}: make room, and the same command goes on with this run"
            self._results[index] = replace(self._results[index], state=RunState.FAILED, reason=reason)
            self._reporter.run_ended(self._results[index])


def _with_models(recipes: Sequence[Recipe], log_model: str) -> list[bool]:
    """Say of each run whether its network is stored: all, none, or that of each arm's first run."""
    firsts = {recipe.arm: index for index, recipe in reversed(list(enumerate(recipes)))}
    if log_model == "first":
        return [firsts[recipe.arm] == index for index, recipe in enumerate(recipes)]
    return [log_model == "all"] * len(recipes)
