"""The order of the studies of a plan, and one study from its opening to what it found."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

import torch

from tracker.config.tuned import Tuned
from tracker.engines.processes import work_in_processes
from tracker.errors import TrackerError, TuningError, collect_errors
from tracker.interruption import Interruption
from tracker.runs.events import SilentStudyReporter, StudyReporter
from tracker.runs.plan import Prepared
from tracker.search.records import Standing
from tracker.search.study import ArmStudy
from tracker.tuning.plan import StudyPlan, how_tuned, plan_studies
from tracker.tuning.recording import StudyRecords
from tracker.tuning.trainers import repetitions
from tracker.tuning.trials import TrialWork


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
        TrackerError: If there are too few images for the folds; or if studies cannot go on, after the others
            were made, and all are named.
        KeyboardInterrupt: Someone asked for an end; what is done is kept.
    """
    tuned: dict[tuple[str, str], Tuned] = {}
    plans = plan_studies(prepared)
    # Before anything is recorded: too few images for the folds are too few for every study.
    repetitions(prepared.plan.options, prepared.images)

    def make(number: int, plan: StudyPlan) -> None:
        reporter.study_started(plan.base.arm, number, len(plans))
        tuned[plan.base.arm] = StudyWork(prepared, plan, reporter, interruption).run()
        reporter.study_ended(plan.base.arm, tuned[plan.base.arm])

    collect_errors(
        [partial(make, number, plan) for number, plan in enumerate(plans, start=1)],
        error=TrackerError,
        must="the study of every arm must end",
        but="those of {count} did not",
    )
    return tuned


@dataclass(frozen=True)
class StudyWork:
    """This process's part in one study.

    Attributes:
        prepared: The plan that the study belongs to.
        plan: The study's part of it.
        reporter: Told how far it is.
        interruption: Asked before each batch of images whether to stop there.
    """

    prepared: Prepared
    plan: StudyPlan
    reporter: StudyReporter
    interruption: Interruption

    def run(self) -> Tuned:
        """Spend what is left of the budget, together with all other processes at the same study.

        Raises:
            TrackerError: If the study cannot go on, or no trial ended with a value.
            KeyboardInterrupt: Someone asked for an end; open trials are given back.
        """
        with ArmStudy(self.plan.spec) as study:
            records = StudyRecords(self.prepared, self.plan, study.token)
            if not (study.standing().done and records.has_ended()):
                self._spend_and_record(study, records)
            return self._found(study.standing())

    def _spend_and_record(self, study: ArmStudy, records: StudyRecords) -> None:
        with records.start_study() or nullcontext() as recorder:
            self._spend(study, records)
            if recorder is not None:
                records.record_results(recorder, study)
        if recorder is None and not records.has_ended():
            # Another process had the study's run, and was killed in the meantime.
            with records.start_study() or nullcontext() as recorder:
                if recorder is not None:
                    records.record_results(recorder, study)

    def _spend(self, study: ArmStudy, records: StudyRecords) -> None:
        work = TrialWork(self.prepared, self.plan, self.reporter, self.interruption)
        jobs = self.prepared.plan.options.jobs
        # Heads of a batch are trained at once: more processes would only wait for each other.
        if study.standing().done or jobs == 1 or work.trainer.together > 1:
            work.spend(study, records)
            return
        work_in_processes(
            spend_part,
            (self.prepared, self.plan, max(1, (os.cpu_count() or 1) // jobs)),
            jobs,
            meanwhile=lambda: self.reporter.trials(study.standing()),
            interruption=self.interruption,
        )

    def _found(self, standing: Standing) -> Tuned:
        best = standing.best
        if best is None or best.value is None:
            raise TuningError(
                "a trial of every study must end with a value",
                but=f"none of {standing.budget} of {self.plan.base.model} {self.plan.base.mode} did",
                do="Search smaller learning rates (search: in the --config file).",
            )
        options = self.prepared.plan.options
        how = how_tuned(options, self.plan.base.mode)
        return Tuned(self.plan.spec.name, best.params, standing.spent, options.objective, best.value, how)


def spend_part(prepared: Prepared, plan: StudyPlan, threads: int) -> None:
    """Be one of several processes at a study.

    Args:
        prepared: The plan that the study belongs to.
        plan: The study's part of it.
        threads: How many threads this process may compute with.
    """
    interruption = Interruption()
    with interruption.taking_terminations():
        work = TrialWork(prepared, plan, SilentStudyReporter(), interruption)
        # Features are found under the number of threads that computed them, so this comes first.
        _ = work.trainer
        torch.set_num_threads(threads)
        with ArmStudy(plan.spec) as study:
            work.spend(study, StudyRecords(prepared, plan, study.token))
