"""What is recorded of a study: a run for itself, and in it a run for each of its trials."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tracker.config.recipe import Recipe, digest_of
from tracker.config.tuned import values_text
from tracker.records import PIXELS_DIGEST, RunState
from tracker.runs.plan import Prepared
from tracker.runs.provenance import context_tags, origin_tags
from tracker.runs.recording import class_tags, part_tags
from tracker.search.attributes import PIXELS
from tracker.search.plots import figures_of
from tracker.search.records import OpenTrial, TrialRecord
from tracker.search.study import ArmStudy
from tracker.tracking.journal.entries import EXPERIMENT_ID, NOTE, RUN_ID
from tracker.tracking.journal.lifecycle import RunTaken
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.journal.run_folder import find_run, home_token, known_uid, tracker_home
from tracker.tracking.shipping.destinations import address_forms, recorded_address
from tracker.tuning.plan import StudyPlan


@dataclass(frozen=True)
class StudyRecords:
    """Begins the runs of a study and of its trials, nested in it.

    Attributes:
        prepared: The plan that the study belongs to.
        plan: The study.
        token: What tells this study from others of its name.
    """

    prepared: Prepared
    plan: StudyPlan
    token: str

    @property
    def experiment(self) -> str:
        """MLflow's experiment."""
        return self.prepared.plan.options.experiment_name

    def start_study(self) -> RunRecorder | None:
        """Begin the study's run, or go on with it; None where another process of this folder has it."""
        try:
            return RunRecorder.start(
                tracker_home(),
                run_uid=self._uid("study"),
                experiment=self.experiment,
                run_name=f"study {self.plan.base.short_name}",
                params=self._study_params(),
                tags=self._study_tags(),
                tracking_uri=self._recorded_address,
                reopen=True,
            )
        except RunTaken:
            return None

    def has_ended(self) -> bool:
        """Say whether the study's run is recorded to its end."""
        run = find_run(tracker_home(), self._uid("study"))
        return run is not None and run.state() is RunState.FINISHED

    def start_trial(self, trial: OpenTrial, recipe: Recipe) -> RunRecorder:
        """Begin the run of a trial.

        Args:
            trial: The trial.
            recipe: What it trains.
        """
        return RunRecorder.start(
            tracker_home(),
            run_uid=self._uid(trial.number),
            experiment=self.experiment,
            run_name=f"trial {trial.number} {recipe.short_name}",
            params=recipe.params(),
            tags={
                **origin_tags(),
                **self._arm_tags,
                "tracker.kind": "trial",
                "tracker.trial": str(trial.number),
                PIXELS_DIGEST: self.prepared.pixels.digest,
                NOTE: values_text(trial.params),
            },
            tracking_uri=self._recorded_address,
            parent_uid=self._uid("study"),
        )

    def record_results(self, recorder: RunRecorder, study: ArmStudy) -> None:
        """Record what a study found so far: its best trial, how it came there, and figures.

        Args:
            recorder: The study's run.
            study: The study.
        """
        trials, progress = study.trials(), study.progress()
        recorder.history(self._best_so_far(trials))
        counts = {name: str(getattr(progress, name)) for name in ("complete", "pruned", "failed")}
        recorder.tags({f"tracker.trials_{name}": count for name, count in counts.items()})
        for name, picture in figures_of(study, self._objective).items():
            recorder.artifact(name, picture)
        if progress.best is not None:
            self._link_best(recorder, progress.best)

    def _link_best(self, recorder: RunRecorder, best: TrialRecord) -> None:
        found = f"{self._objective} {best.value:.4g} with {values_text(best.params)}"
        values = {f"tracker.best_{name}": str(value) for name, value in best.params.items()}
        recorder.tags({**values, "tracker.best_trial": str(best.number)})
        if find_run(tracker_home(), self._uid(best.number)) is None:
            recorder.tags({NOTE: f"Best: trial {best.number}, of another machine, {found}"})
            return
        link = f"[trial {best.number}](#/experiments/{EXPERIMENT_ID}/runs/{RUN_ID})"
        tags = {"tracker.best_run": RUN_ID, NOTE: f"Best: {link}, {found}"}
        recorder.link(self._uid(best.number), tags)

    def _best_so_far(self, trials: Sequence[TrialRecord]) -> dict[int, dict[str, float]]:
        """Return the best value after each trial that counts; the step is how many did."""
        best = min if self.plan.spec.direction == "minimize" else max
        history: dict[int, dict[str, float]] = {}
        values: list[float] = []
        for spent, trial in enumerate((t for t in trials if t.state in ("complete", "pruned")), start=1):
            if trial.state == "complete" and trial.value is not None:
                values.append(trial.value)
            if values:
                history[spent] = {f"best/{self._objective}": best(values)}
        return history

    @property
    def _objective(self) -> str:
        return self.prepared.plan.options.objective

    def _uid(self, of: str | int) -> str:
        """Return what names a run; machines at one study have runs of their own, as for everything else."""
        home = tracker_home()
        rest = [self.experiment, home_token(home)]
        return known_uid(
            home, [digest_of([self.token, of, form, *rest])[:32] for form in self._address_forms]
        )

    @cached_property
    def _recorded_address(self) -> str:
        return recorded_address(tracker_home(), self.prepared.plan.tracking_uri)

    @cached_property
    def _address_forms(self) -> list[str]:
        return address_forms(tracker_home(), self.prepared.plan.tracking_uri)

    def _study_params(self) -> Mapping[str, object]:
        """Return the settings that all trials share, and how they are judged."""
        options, space = self.prepared.plan.options, self.plan.spec.space
        shared = self.plan.base.model_dump(mode="json", exclude={"seed", *space}, exclude_defaults=True)
        return {
            **shared,
            **{f"search/{name}": values for name, values in space.items()},
            "objective": options.objective,
            "objective_at": options.tune_at,
            "tune_seeds": options.tune_seeds,
            "tune_folds": options.tune_folds or "none",
        }

    def _study_tags(self) -> dict[str, str]:
        spec = self.plan.spec
        pixels = spec.attributes.get(PIXELS)
        return {
            **({PIXELS_DIGEST: pixels} if pixels else {}),
            **context_tags(self.prepared.plan.device),
            **self._arm_tags,
            "tracker.kind": "study",
            "tracker.trials": str(spec.trials),
            "tracker.sampler": spec.sampler,
            "tracker.pruner": spec.pruner,
            "tracker.searched": json.dumps({name: str(values) for name, values in spec.space.items()}),
        }

    @cached_property
    def _arm_tags(self) -> dict[str, str]:
        images = self.prepared.images_of(self.plan.base)
        return {
            "tracker.study": self.plan.spec.name,
            "tracker.study_token": self.token,
            "tracker.model": self.plan.base.model,
            "tracker.mode": self.plan.base.mode,
            "tracker.dataset": self.plan.base.dataset,
            "tracker.manifest_digest": images.manifest.digest,
            "tracker.split_digest": images.split.digest,
            **part_tags(self.plan.base, images),
            **class_tags(self.plan.base, images),
        }
