"""The runs of a plan, done by one process: all of them, or those that it is handed."""

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
from tracker.runs.work_list import Order
from tracker.tracking.journal.recorder import RunRecorder

_DISK_PATIENCE_S = 5.0


class PlanExecutor:
    """Executes runs of a plan, and knows what came of them so far.

    Args:
        prepared: The plan.
        reporter: Told how far it is.
        interruption: What asks for an end.
    """

    def __init__(self, prepared: Prepared, reporter: Reporter, interruption: Interruption) -> None:
        notifier, rule = Notifier(reporter), prepared.images.split.rule
        self.recipes = [planned.model_copy(update={"split": rule}) for planned in prepared.plan.recipes]
        models = _with_models(self.recipes, prepared.plan.options.log_model)
        self._executors = [
            RunExecutor(prepared, recipe, with_model, reporter, notifier, interruption)
            for recipe, with_model in zip(self.recipes, models, strict=True)
        ]
        self._reporter = reporter
        self._interruption = interruption
        self._results: dict[int, RunResult] = {}
        self._unwritten: dict[int, RunRecorder] = {}

    def left(self) -> list[int]:
        """Return the numbers of the runs that have not finished before."""
        return [number for number, executor in enumerate(self._executors) if not executor.has_finished()]

    def run(self, order: Order) -> dict[int, RunResult]:
        """Do runs as long as there is a next one.

        Args:
            order: Says which is next.

        Returns:
            How each of them ended, by its number, but for those that were put off.

        Raises:
            KeyboardInterrupt: Someone asked for an end; the run at work is KILLED.
        """
        while (number := order.next()) is not None:
            self._do(number, order)
        self._wait_for_disk()
        return self._results

    def _do(self, number: int, order: Order) -> None:
        executor = self._executors[number]
        self._reporter.run_started(executor.recipe, number + 1, len(self._executors))
        result, unwritten = executor.run()
        if unwritten is not None:
            self._unwritten[number] = unwritten
        self._close_written()
        if result.state is RunState.TAKEN:
            self._reporter.run_left(executor.recipe)
            order.put_off(number, result)
            return
        self._results[number] = result
        self._reporter.run_ended(result)
        order.done(number)
        self._interruption.stop_point()

    def _close_written(self) -> None:
        """Try again to write what the disk did not take of runs that have ended."""
        self._unwritten = {i: recorder for i, recorder in self._unwritten.items() if not recorder.close()}

    def _wait_for_disk(self) -> None:
        """Wait a little for a full disk; a run whose end is not on it is one that the next command ends."""
        deadline = time.monotonic() + _DISK_PATIENCE_S
        while self._unwritten and time.monotonic() < deadline:
            time.sleep(_DISK_PATIENCE_S / 10)
            self._close_written()
        for number, recorder in self._unwritten.items():
            reason = f"{recorder.disk_problem}: make room, and the same command goes on with this run"
            self._results[number] = replace(self._results[number], state=RunState.FAILED, reason=reason)
            self._reporter.run_ended(self._results[number])


def _with_models(recipes: Sequence[Recipe], log_model: str) -> list[bool]:
    """Say of each run whether its network is stored: all, none, or that of each arm's first run."""
    firsts = {recipe.arm: index for index, recipe in reversed(list(enumerate(recipes)))}
    if log_model == "first":
        return [firsts[recipe.arm] == index for index, recipe in enumerate(recipes)]
    return [log_model == "all"] * len(recipes)
