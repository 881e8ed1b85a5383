"""One study of a plan, from its opening to what it found."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

import torch

from tracker.config.tuned import Tuned
from tracker.engines import find_engine
from tracker.engines.engine import Worker
from tracker.errors import TuningError
from tracker.interruption import Interruption
from tracker.runs.events import StudyReporter
from tracker.runs.plan import Prepared
from tracker.runs.workers import with_shares, worker_environments
from tracker.search.records import StudyProgress
from tracker.search.study import ArmStudy
from tracker.training.determinism import determinism
from tracker.training.loop import keep_quiet
from tracker.tuning.plan import StudyPlan, how_tuned
from tracker.tuning.recording import StudyRecords
from tracker.tuning.trials import TrialExecutor


@dataclass(frozen=True)
class StudyExecutor:
    """Executes this process's part in one study.

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
            if not (study.progress().done and records.has_ended()):
                self._spend_and_record(study, records)
            return self._found(study.progress())

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
        with determinism(self.plan.base.deterministic, self.reporter.note):
            self._spend_budget(study, records)

    def _spend_budget(self, study: ArmStudy, records: StudyRecords) -> None:
        trials = TrialExecutor(self.prepared, self.plan, self.reporter, self.interruption)
        plan = self.prepared.plan
        environments = worker_environments(plan.options.jobs, plan.device)
        # Heads of a batch are trained at once: more processes would only wait for each other.
        if study.progress().done or len(environments) == 1 or trials.trainer.together > 1:
            trials.spend(study, records)
            return
        arguments = (self.prepared, self.plan, torch.get_num_threads())
        find_engine(plan.options.engine)(
            spend_part,
            [Worker(arguments, environment) for environment in with_shares(environments, plan.device)],
            meanwhile=lambda: self.reporter.trials(study.progress()),
            interruption=self.interruption,
        )

    def _found(self, progress: StudyProgress) -> Tuned:
        best = progress.best
        if best is None or best.value is None:
            raise TuningError(
                "a trial of every study must end with a value",
                but=f"none of {progress.budget} of {self.plan.base.model} {self.plan.base.mode} did",
                do="Search smaller learning rates (search: in the --config file).",
            )
        options = self.prepared.plan.options
        how = how_tuned(options, self.plan.base.mode)
        return Tuned(self.plan.spec.name, best.params, progress.spent, options.objective, best.value, how)


def spend_part(prepared: Prepared, plan: StudyPlan, found_with: int) -> None:
    """Be one of several processes at a study.

    Args:
        prepared: The plan that the study belongs to.
        plan: The study's part of it.
        found_with: How many threads computed the features, which are found under that number.
    """
    interruption = Interruption(silent=True)
    with interruption.taking_terminations(), determinism(plan.base.deterministic, keep_quiet):
        # The process that started this one tells how far the study is.
        trials = TrialExecutor(prepared, plan, StudyReporter(), interruption)
        threads = torch.get_num_threads()
        torch.set_num_threads(found_with)
        _ = trials.trainer
        torch.set_num_threads(threads)
        with ArmStudy(plan.spec) as study:
            trials.spend(study, StudyRecords(prepared, plan, study.token))
