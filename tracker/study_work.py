"""One study: its trials asked for, trained, recorded and told, until its budget is spent."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property

from tracker.errors import NonFiniteLoss, TrackerError
from tracker.interruption import Interruption
from tracker.one_run import memory_errors_told
from tracker.plan import Prepared
from tracker.recipe import Recipe
from tracker.reporting import StudyReporter
from tracker.studies import StudyPlan
from tracker.study_records import StudyRecords
from tracker.tracking.recorder import RunRecorder
from tracker.trials import TrialTrainer, repetitions, trial_trainer
from tracker.tuned import Tuned
from tracker.tuning.spec import Asked, Standing
from tracker.tuning.study import ArmStudy

_PAUSE_S = 0.5

Curve = list[Mapping[str, float]]


@dataclass
class StudyWork:
    """This process's part in one study.

    Attributes:
        prepared: The plan that the study belongs to.
        plan: The study.
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
            self.records = StudyRecords(self.prepared, self.plan, study.token)
            if not (study.standing().done and self.records.has_ended()):
                self._spend_and_record(study)
            return self._found(study.standing())

    def _spend_and_record(self, study: ArmStudy) -> None:
        with self.records.start_study() or nullcontext() as recorder:
            self._spend(study)
            if recorder is not None:
                self.records.record_results(recorder, study)
        # Another process had the study's run, and may have been killed in the meantime.
        if recorder is None and not self.records.has_ended():
            with self.records.start_study() or nullcontext() as recorder:
                if recorder is not None:
                    self.records.record_results(recorder, study)

    def _spend(self, study: ArmStudy) -> None:
        """Run trials until all that count have ended, those of other processes too."""
        while not (standing := study.standing()).done:
            self.reporter.trials(standing)
            self.interruption.stop_point()
            asked = study.ask(self.trainer.together)
            if asked:
                self._run_batch(study, asked)
            else:
                time.sleep(_PAUSE_S)
        self.reporter.trials(standing)

    def _run_batch(self, study: ArmStudy, asked: Sequence[Asked]) -> None:
        recipes = [Recipe(**(self.plan.base.model_dump() | dict(one.params))) for one in asked]
        if self.trainer.together > 1:
            self._run_at_once(study, asked, recipes)
        else:
            self._run_alone(study, asked[0], recipes[0])

    @cached_property
    def trainer(self) -> TrialTrainer:
        """What trains the trials: made when the first one is to be trained."""
        plan, images = self.prepared.plan, self.prepared.images
        return trial_trainer(
            self.plan.base,
            repetitions(plan.options, images),
            images,
            self.prepared.pixels,
            device=plan.device,
            interruption=self.interruption,
            progress=self.reporter.progress,
        )

    def _run_at_once(self, study: ArmStudy, asked: Sequence[Asked], recipes: Sequence[Recipe]) -> None:
        """Train a batch of heads, which takes less than a second, and record each when all are trained."""
        epochs = list(self.trainer.epochs(recipes))
        for index, (one, recipe) in enumerate(zip(asked, recipes, strict=True)):
            curve = [epoch[index] for epoch in epochs]
            with self.records.start_trial(one, recipe) as recorder:
                recorder.history({step: _finite(values) for step, values in enumerate(curve, start=1)})
                problem = _divergence(curve, recipe)
                if problem is not None:
                    study.diverge(one, str(problem))
                    recorder.finish("FAILED", reason=str(problem))
                else:
                    self._complete(study, one, curve, recorder)

    def _run_alone(self, study: ArmStudy, one: Asked, recipe: Recipe) -> None:
        """Train a trial, which ends early where its curve says that it will not be among the best."""
        curve: Curve = []
        with self.records.start_trial(one, recipe) as recorder:
            try:
                with memory_errors_told(recipe):
                    for (values,) in self.trainer.epochs([recipe]):
                        curve.append(values)
                        recorder.metrics(values, step=len(curve))
                        self.reporter.trial_epoch(one.number, len(curve), recipe.epochs)
                        if study.report(one, values[self._objective], len(curve)):
                            study.prune(one)
                            recorder.finish("KILLED", reason=f"pruned after epoch {len(curve)}")
                            return
            except NonFiniteLoss as error:
                study.diverge(one, str(error))
                recorder.finish("FAILED", reason=str(error))
            except (TrackerError, OSError) as error:
                study.fail(one, str(error))
                recorder.finish("FAILED", reason=str(error))
            except BaseException:
                study.interrupt(one)
                raise
            else:
                self._complete(study, one, curve, recorder)

    def _complete(self, study: ArmStudy, one: Asked, curve: Curve, recorder: RunRecorder) -> None:
        value = self._value(curve)
        recorder.metrics({"objective": value}, step=len(curve))
        study.complete(one, value)

    def _value(self, curve: Curve) -> float:
        """Return what a trial is worth: at its last epoch, or at that of the lowest validation loss."""
        if self.prepared.plan.options.tune_at == "final":
            return curve[-1][self._objective]
        return min(curve, key=lambda values: values["val/loss"])[self._objective]

    @property
    def _objective(self) -> str:
        return self.prepared.plan.options.objective

    def _found(self, standing: Standing) -> Tuned:
        best = standing.best
        if best is None or best.value is None:
            raise TrackerError(
                "a trial of every study must end with a value",
                but=f"none of {standing.budget} of {self.plan.base.model} {self.plan.base.mode} did",
                do="Search smaller learning rates (search: in the --config file).",
            )
        spent = standing.complete + standing.pruned
        return Tuned(self.plan.spec.name, best.params, spent, self._objective, best.value)


def _divergence(curve: Curve, recipe: Recipe) -> NonFiniteLoss | None:
    """Say where a loss stopped being finite, if one did."""
    for epoch, values in enumerate(curve, start=1):
        for part in ("train", "val"):
            loss = values[f"{part}/loss"]
            if not math.isfinite(loss):
                return NonFiniteLoss(part=part, epoch=epoch, lr=recipe.lr, loss=loss)
    return None


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    """Leave out what is not a number: `Training` would have stopped there, and measured nothing."""
    return {name: value for name, value in values.items() if math.isfinite(value)}
