"""The order of the studies of a plan: one arm after another, several processes at one study if asked."""

from __future__ import annotations

from collections.abc import Mapping

from tracker.interruption import Interruption
from tracker.plan import Prepared
from tracker.reporting import StudyReporter
from tracker.studies import plan_studies
from tracker.study_work import StudyWork
from tracker.tuned import Tuned


def tune(
    prepared: Prepared, reporter: StudyReporter, interruption: Interruption
) -> Mapping[tuple[str, str], Tuned]:
    """Make the study of every arm, or go on with it.

    Args:
        prepared: The plan.
        reporter: Told how far it is.
        interruption: What asks for an end.

    Returns:
        What was found, by model and mode.

    Raises:
        TrackerError: If a study cannot go on.
        KeyboardInterrupt: Someone asked for an end; what is done is kept.
    """
    tuned: dict[tuple[str, str], Tuned] = {}
    plans = plan_studies(prepared)
    for number, plan in enumerate(plans, start=1):
        reporter.study_started(plan.base.arm, number, len(plans))
        tuned[plan.base.arm] = StudyWork(prepared, plan, reporter, interruption).run()
        reporter.study_ended(plan.base.arm, tuned[plan.base.arm])
    return tuned
