"""The order of the studies of a plan: one after another, the study of each arm."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from tracker.config.tuned import Tuned
from tracker.errors import TrackerError, collect_errors
from tracker.interruption import Interruption
from tracker.records import StudyKey
from tracker.runs.events import StudyReporter
from tracker.runs.plan import Prepared
from tracker.tuning.plan import StudyPlan, plan_studies
from tracker.tuning.repetitions import repetitions
from tracker.tuning.study_executor import StudyExecutor


def tune(prepared: Prepared, reporter: StudyReporter, interruption: Interruption) -> Mapping[StudyKey, Tuned]:
    """Make the study of every arm, or go on with it.

    Args:
        prepared: The plan.
        reporter: Told how far it is.
        interruption: What asks for an end.

    Returns:
        What was found, by model and mode, and by fold and share of the training part where there are several.

    Raises:
        TrackerError: If there are too few images for the folds; or if studies cannot go on, after the others
            were made, and all are named.
        KeyboardInterrupt: Someone asked for an end; what is done is kept.
    """
    tuned: dict[StudyKey, Tuned] = {}
    plans = plan_studies(prepared)
    # Before anything is recorded.
    for part in prepared.plan.data_parts:
        repetitions(prepared.plan.options, prepared.images.of(part))

    def make(number: int, plan: StudyPlan) -> None:
        key = plan.base.study_key
        reporter.study_started(key, number, len(plans))
        if plan.note:
            reporter.note(plan.note)
        tuned[key] = StudyExecutor(prepared, plan, reporter, interruption).run()
        reporter.study_ended(key, tuned[key])

    collect_errors(
        [partial(make, number, plan) for number, plan in enumerate(plans, start=1)],
        error=TrackerError,
        must="the study of every arm must end",
        but="those of {count} did not",
    )
    return tuned
