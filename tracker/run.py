"""The order of the stages: options, images, recipes, then run after run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol

from tracker.errors import TrackerError
from tracker.images import Images
from tracker.models.weights import weights_digest
from tracker.one_run import train
from tracker.options import RunOptions
from tracker.plan import Plan, Prepared
from tracker.recipe import Recipe, digest_of
from tracker.recording import record_inputs, record_model, record_results, run_tags
from tracker.tracking.home import find_run, home_token, tracker_home
from tracker.tracking.recorder import RunRecorder

Status = Literal["FINISHED", "FAILED", "SKIPPED"]


class Reporter(Protocol):
    """Whoever is told how far the work is."""

    def progress(self, done: int, total: int, what: str) -> None:
        """Take how many items of a stage are done."""

    def run_started(self, recipe: Recipe, number: int, total: int) -> None:
        """Take that the run with this number (from 1) begins."""

    def epoch(self, recipe: Recipe, epoch: int, values: Mapping[str, float]) -> None:
        """Take what an epoch measured."""

    def run_ended(self, result: RunResult) -> None:
        """Take how a run ended."""


@dataclass(frozen=True)
class RunResult:
    """How one run ended.

    Attributes:
        recipe: What was run.
        status: FINISHED, FAILED, or SKIPPED because it was run before or is being run.
        metrics: What its last epoch measured.
        seconds: How long it took.
        reason: Why it failed or was skipped.
        has_model: Whether its network is stored.
    """

    recipe: Recipe
    status: Status
    metrics: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    reason: str = ""
    has_model: bool = False


def execute(prepared: Prepared, reporter: Reporter) -> list[RunResult]:
    """Run every recipe of a plan that has not finished before.

    A run that fails is recorded as FAILED, and the next one begins. A run that is interrupted is recorded
    as KILLED, and the interruption goes on.
    """
    plan, images = prepared.plan, prepared.images
    stored: set[tuple[str, str]] = set()
    results = []
    for number, planned in enumerate(plan.recipes, start=1):
        recipe = planned.model_copy(update={"split": images.split.rule})
        work = _Work(prepared, recipe, with_model=_keeps_model(plan.options, recipe, stored))
        reporter.run_started(recipe, number, len(plan.recipes))
        result = work.run(reporter)
        reporter.run_ended(result)
        results.append(result)
        if result.has_model:
            stored.add(recipe.arm)
    return results


def _keeps_model(options: RunOptions, recipe: Recipe, stored: set[tuple[str, str]]) -> bool:
    if options.log_model == "first":
        return recipe.arm not in stored
    return options.log_model == "all"


@dataclass(frozen=True)
class _Watched:
    """A recorder of epochs that shows each to the reporter too."""

    recorder: RunRecorder
    reporter: Reporter
    recipe: Recipe

    def metrics(self, values: Mapping[str, float], *, step: int) -> None:
        self.recorder.metrics(values, step=step)
        self.reporter.epoch(self.recipe, step, values)


@dataclass(frozen=True)
class _Work:
    """One run of a plan, with its images decoded."""

    prepared: Prepared
    recipe: Recipe
    with_model: bool

    @property
    def plan(self) -> Plan:
        return self.prepared.plan

    @property
    def images(self) -> Images:
        return self.prepared.images

    @cached_property
    def weights_digest(self) -> str:
        return weights_digest(self.recipe.weights)

    @property
    def fingerprint(self) -> str:
        manifest = self.images.manifest
        return self.recipe.fingerprint(manifest_digest=manifest.digest, weights_digest=self.weights_digest)

    @property
    def run_uid(self) -> str:
        """Return what names this run: the same recipe tracked elsewhere, or from elsewhere, is another run.

        Only this folder's journals say what was run, so two folders never write into one run of MLflow.
        """
        place = [self.plan.tracking_uri, self.plan.options.experiment_name, home_token(tracker_home())]
        return digest_of([self.fingerprint, *place])[:32]

    def run(self, reporter: Reporter) -> RunResult:
        earlier = find_run(tracker_home(), self.run_uid)
        if earlier is not None and earlier.state == "RUNNING":
            return RunResult(self.recipe, "SKIPPED", reason="another process is at it")
        if earlier is not None and earlier.state == "FINISHED" and not self.plan.options.rerun:
            return RunResult(self.recipe, "SKIPPED", reason="finished before", has_model=earlier.has_model)
        start = time.monotonic()
        with self._recorder() as recorder:
            try:
                metrics = self._train_and_record(recorder, reporter)
            except TrackerError as error:
                recorder.finish("FAILED", reason=str(error))
                return RunResult(self.recipe, "FAILED", seconds=time.monotonic() - start, reason=str(error))
        return RunResult(
            self.recipe, "FINISHED", metrics, time.monotonic() - start, has_model=self.with_model
        )

    def _train_and_record(self, recorder: RunRecorder, reporter: Reporter) -> Mapping[str, float]:
        record_inputs(recorder, self.recipe, self.images)
        watched = _Watched(recorder, reporter, self.recipe)
        trained = train(
            self.recipe,
            self.images,
            self.prepared.pixels,
            watched,
            device=self.plan.device,
            progress=reporter.progress,
        )
        record_results(recorder, self.recipe, self.images, trained)
        if self.with_model:
            record_model(recorder, self.recipe, self.images, trained.network)
        return trained.measured["final"].metrics

    def _recorder(self) -> RunRecorder:
        return RunRecorder.start(
            tracker_home(),
            run_uid=self.run_uid,
            experiment=self.plan.options.experiment_name,
            run_name=self.recipe.run_name,
            params=self.recipe.model_dump(mode="json"),
            tags=self._tags(),
            tracking_uri=self.plan.tracking_uri,
        )

    def _tags(self) -> dict[str, str]:
        tags = run_tags(self.recipe, self.images, fingerprint=self.fingerprint, device=self.plan.device)
        return tags | ({"tracker.weights_digest": self.weights_digest} if self.weights_digest else {})
