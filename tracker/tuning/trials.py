"""Trials of one study: asked for, trained, recorded and told, until the study's budget is spent."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tracker.config.recipe import Recipe
from tracker.errors import NonFiniteLoss, TrackerError
from tracker.interruption import Interruption
from tracker.records import RunState
from tracker.runs.events import Notifier, StudyReporter
from tracker.runs.plan import Prepared
from tracker.runs.train import memory_errors_told
from tracker.search.records import OpenTrial
from tracker.search.study import ArmStudy
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tuning.plan import StudyPlan
from tracker.tuning.recording import StudyRecords
from tracker.tuning.repetitions import repetitions
from tracker.tuning.trainers import TrialTrainer, trial_trainer

_PAUSE_S = 0.5
_FAILURES_IN_A_ROW = 3

Curve = list[Mapping[str, float]]


@dataclass
class TrialExecutor:
    """Executes this process's part in the trials of a study.

    Attributes:
        prepared: The plan that the study belongs to.
        plan: The study's part of it.
        reporter: Told how far the study is.
        interruption: Asked before each batch of images whether to stop there.
    """

    prepared: Prepared
    plan: StudyPlan
    reporter: StudyReporter
    interruption: Interruption
    _failures: list[str] = field(default_factory=list)

    @cached_property
    def trainer(self) -> TrialTrainer:
        """What trains the trials; making it computes the features that they read."""
        plan, images = self.prepared.plan, self.prepared.images_of(self.plan.base)
        return trial_trainer(
            self.plan.base,
            repetitions(plan.options, images),
            images,
            self.prepared.pixels,
            device=plan.device,
            interruption=self.interruption,
            progress=self.reporter.progress,
            note=Notifier(self.reporter).notify,
        )

    def spend(self, study: ArmStudy, records: StudyRecords) -> None:
        """Run trials until all that count have ended, those of other processes too.

        Args:
            study: Where trials come from.
            records: Where they are recorded.

        Raises:
            TrackerError: If the study cannot go on.
            KeyboardInterrupt: Someone asked for an end; the trial at work is given back.
        """
        while not (progress := study.progress()).done:
            self.reporter.trials(progress)
            self.interruption.stop_point()
            if trials := study.ask(self.trainer.together):
                self._run_batch(study, records, trials)
            else:
                time.sleep(_PAUSE_S)
        self.reporter.trials(progress)

    def _run_batch(self, study: ArmStudy, records: StudyRecords, trials: Sequence[OpenTrial]) -> None:
        recipes = [Recipe(**(self.plan.base.model_dump() | dict(trial.params))) for trial in trials]
        if self.trainer.together > 1:
            self._run_at_once(study, records, trials, recipes)
        else:
            with records.start_trial(trials[0], recipes[0]) as recorder:
                self._run_alone(study, trials[0], recipes[0], recorder)

    def _run_at_once(
        self, study: ArmStudy, records: StudyRecords, trials: Sequence[OpenTrial], recipes: Sequence[Recipe]
    ) -> None:
        """Train a batch of heads, which takes less than a second, and record each when all are trained."""
        epochs = list(self.trainer.epochs(recipes))
        for index, (trial, recipe) in enumerate(zip(trials, recipes, strict=True)):
            curve = [epoch[index] for epoch in epochs]
            with records.start_trial(trial, recipe) as recorder:
                recorder.history({step: _finite(values) for step, values in enumerate(curve, start=1)})
                problem = _divergence(curve, recipe)
                if problem is not None:
                    _end(recorder, RunState.FAILED, str(problem), ours=study.diverge(trial, str(problem)))
                else:
                    self._complete(study, trial, curve, recorder)

    def _run_alone(self, study: ArmStudy, trial: OpenTrial, recipe: Recipe, recorder: RunRecorder) -> None:
        """Train a trial, and tell and record how it ended."""
        try:
            with memory_errors_told(recipe):
                curve = self._curve(study, trial, recipe, recorder)
        except NonFiniteLoss as error:
            _end(recorder, RunState.FAILED, str(error), ours=study.diverge(trial, str(error)))
        except (TrackerError, OSError) as error:
            _end(recorder, RunState.FAILED, str(error), ours=study.fail(trial, str(error)))
            self._note_failure(error)
            return
        except KeyboardInterrupt:
            study.interrupt(trial)
            raise
        else:
            if len(curve) == recipe.epochs:
                self._complete(study, trial, curve, recorder)
            else:
                reason = f"pruned after epoch {len(curve)} of {recipe.epochs}"
                _end(recorder, RunState.KILLED, reason, ours=study.prune(trial))
        self._failures.clear()

    def _note_failure(self, error: Exception) -> None:
        """Stop where one trial after the other fails: its settings are not the cause.

        Raises:
            Exception: The last failure, if several came in a row.
        """
        self._failures.append(str(error))
        if len(self._failures) == _FAILURES_IN_A_ROW:
            raise error

    def _curve(self, study: ArmStudy, trial: OpenTrial, recipe: Recipe, recorder: RunRecorder) -> Curve:
        """Train a trial to its end, or until its curve says that it will not be among the best."""
        curve: Curve = []
        for (values,) in self.trainer.epochs([recipe]):
            curve.append(values)
            recorder.metrics(values, step=len(curve))
            self.reporter.trial_epoch(trial.number, len(curve), recipe.epochs)
            if study.report(trial, values[self._objective], len(curve)) and len(curve) < recipe.epochs:
                break
        return curve

    def _complete(self, study: ArmStudy, trial: OpenTrial, curve: Curve, recorder: RunRecorder) -> None:
        value = self._value(curve)
        ours = study.complete(trial, value)
        if ours:
            recorder.metrics({"objective": value}, step=len(curve))
        _end(recorder, RunState.FINISHED, "", ours=ours)

    def _value(self, curve: Curve) -> float:
        """Return what a trial is worth: at its last epoch, or at that of the lowest validation loss."""
        if self.prepared.plan.options.tune_at == "final":
            return curve[-1][self._objective]
        return min(curve, key=lambda values: values["val/loss"])[self._objective]

    @property
    def _objective(self) -> str:
        return self.prepared.plan.options.objective


def _end(recorder: RunRecorder, status: RunState, reason: str, *, ours: bool) -> None:
    """Record how a trial ended, or that it was not this process's any more: it was silent for too long."""
    if ours:
        recorder.finish(status, reason)
    else:
        recorder.finish(RunState.KILLED, "another process took this trial over")


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
