"""How `tracker compare` is called so that its table has the runs that a command was about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.addresses import typed_again
from tracker.compare.choices import arguments_for
from tracker.compare.settings import TRAIN_FRACTION
from tracker.records import RunRecord, RunState
from tracker.runs.events import RunResult
from tracker.runs.plan import Plan
from tracker.tracking.backend.uri import describe
from tracker.tracking.journal.run_folder import tracker_home
from tracker.tracking.status import RunSummary, run_summaries

_COMPARABLE = (RunState.FINISHED, RunState.SKIPPED)


def compare_arguments(plan: Plan, results: Sequence[RunResult]) -> list[str] | None:
    """Return the arguments of `tracker compare`, also where the experiment holds more than one table.

    What it holds is read from the journals of this folder: MLflow is not asked.

    Args:
        plan: The plan.
        results: How its runs ended.

    Returns:
        The arguments; None where no run can be compared.
    """
    usable = [result for result in results if result.state in _COMPARABLE]
    # A table has one share of the training part, the largest; all of them make a learning curve.
    shares = {result.recipe.train_fraction or 1 for result in usable}
    wanted = {one.journal for one in usable if (one.recipe.train_fraction or 1) == max(shares)}
    if not wanted:
        return None
    options = plan.options
    tuned = ["--where", "tuned=yes"] if options.tuned or options.tune is not None else []
    needed = arguments_for(list(_recorded(plan)), wanted, given=tuned)
    if len(shares) > 1:
        needed = [*_without_shares(needed), "--curve"]
    uri = ["--tracking-uri", typed_again(options.tracking_uri)] if options.tracking_uri else []
    return ["--experiment", options.experiment_name, *needed, *uri]


def _without_shares(arguments: Sequence[str]) -> Iterator[str]:
    """Yield arguments without the conditions that choose one share."""
    for name, value in zip(arguments[::2], arguments[1::2], strict=True):
        if not (name == "--where" and value.startswith(f"{TRAIN_FRACTION}=")):
            yield from (name, value)


def _recorded(plan: Plan) -> Iterator[RunRecord]:
    """Yield the runs of the plan's experiment as MLflow will give them back, without metrics."""
    experiment, server = plan.options.experiment_name, describe(plan.tracking_uri)
    for summary in run_summaries(tracker_home()):
        if (summary.experiment, summary.server) == (experiment, server) and not summary.cursor.deleted:
            yield from _record(summary)


def _record(summary: RunSummary) -> Iterator[RunRecord]:
    if (creation := summary.creation) is not None:
        yield RunRecord(
            run_id=summary.folder.name,
            name=creation.run_name,
            status=summary.state,
            start_time=creation.start_time,
            params=summary.params,
            tags={"tracker.run_uid": creation.run_uid, **summary.tags},
            metrics={},
        )
