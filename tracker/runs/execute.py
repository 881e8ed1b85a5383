"""The runs of a plan: one after another or side by side, shared with whoever is at the same plan."""

from __future__ import annotations

from tracker.interruption import Interruption
from tracker.runs.events import Reporter, RunResult
from tracker.runs.plan import Prepared
from tracker.runs.plan_executor import PlanExecutor
from tracker.runs.side_by_side import SideBySide
from tracker.runs.work_list import WorkList
from tracker.runs.workers import with_shares, worker_environments


def execute(
    prepared: Prepared, reporter: Reporter, interruption: Interruption | None = None
) -> list[RunResult]:
    """Run every recipe of a plan that has not finished before, and that no other process is at.

    A run that fails is recorded as FAILED, and the next one begins.

    Args:
        prepared: The plan.
        reporter: Told how far it is, in this thread.
        interruption: What asks for an end.

    Returns:
        How each run ended, in the order of the plan.

    Raises:
        KeyboardInterrupt: Someone asked for an end; the runs at work are KILLED, and can go on later.
        TrackerError: Of several processes, all failed.
    """
    interruption = interruption or Interruption()
    executor = PlanExecutor(prepared, reporter, interruption)
    numbers = range(len(executor.recipes))
    environments = worker_environments(prepared.plan.options.jobs, prepared.plan.device)
    left = executor.left() if len(environments) > 1 else []
    if len(left) > 1:
        work = WorkList(left)
        finished = executor.run(WorkList(number for number in numbers if number not in left))
        workers = SideBySide(prepared, executor.recipes, reporter, interruption)
        results = finished | workers.run(work, with_shares(environments[: len(left)], prepared.plan.device))
    else:
        work = WorkList(numbers)
        results = executor.run(work)
    for number in sorted(work.taken):
        reporter.run_ended(work.taken[number])
    results |= work.taken
    return [results[number] for number in numbers]
