"""The order of the stages: options, images, recipes, then run after run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol

import torch

from tracker.data.pixels import Pixels
from tracker.data.progress import Progress, silent
from tracker.errors import TrackerError
from tracker.images import Images, decode_images, find_images
from tracker.models.cut import cut_network
from tracker.models.networks import build_network, check_network_name
from tracker.models.weights import prepare_weights, weights_digest
from tracker.one_run import train
from tracker.plan import RunOptions
from tracker.recipe import FREEZE, Recipe, digest_of
from tracker.recording import record_inputs, record_model, record_results, run_tags
from tracker.tracking.home import find_run, tracker_home
from tracker.tracking.recorder import RunRecorder
from tracker.tracking.store import resolve_uri
from tracker.training.device import choose_device, choose_precision

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
    """How one run ended: its status, what its last epoch measured, and why it failed if it did."""

    recipe: Recipe
    status: Status
    metrics: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class Plan:
    """Everything that is decided before any image is decoded.

    Attributes:
        options: What the user asked for.
        images: The images and their parts.
        recipes: The runs, an arm's seeds together.
        device: Where they compute.
        tracking_uri: Where they are tracked.
    """

    options: RunOptions
    images: Images
    recipes: Sequence[Recipe]
    device: torch.device
    tracking_uri: str


def make_plan(options: RunOptions, progress: Progress = silent) -> Plan:
    """Decide everything that can be decided without decoding an image.

    Raises:
        TrackerError: If an option, an image, a label, the split or a cut is not as it must be.
    """
    for model in options.model:
        check_network_name(model)
    tracking_uri = resolve_uri(options.tracking_uri)
    images = find_images(options, progress)
    device = choose_device()
    recipes = tuple(_recipes(options, split=images.split.rule, device=device))
    _check_cuts(options, classes=len(images.manifest.classes))
    return Plan(options, images, recipes, device, tracking_uri)


def _recipes(options: RunOptions, *, split: str, device: torch.device) -> Iterator[Recipe]:
    for model, mode in options.arms():
        precision = choose_precision(options.precision, model=model, device=device)
        for seed in options.seed:
            yield options.recipe(model=model, mode=mode, seed=seed, split=split, precision=precision)


def _check_cuts(options: RunOptions, *, classes: int) -> None:
    """Try every named cut once: a typing error must not end a study at its last arm."""
    for model, mode in options.arms():
        if mode.startswith(FREEZE):
            cut_network(build_network(model, weights="none", classes=classes, seed=0), mode)


@dataclass(frozen=True)
class Prepared:
    """A plan whose weights are there and whose images are decoded.

    Attributes:
        plan: The plan.
        images: Its images, without those that were left out.
        pixels: What they decode to.
    """

    plan: Plan
    images: Images
    pixels: Pixels


def prepare(plan: Plan, progress: Progress = silent) -> Prepared:
    """Fetch what is missing and decode the images; nothing is recorded yet.

    Raises:
        TrackerError: If weights cannot be had or images cannot be read.
    """
    for model, weights in dict.fromkeys((recipe.model, recipe.weights) for recipe in plan.recipes):
        prepare_weights(model, weights)
    return Prepared(plan, *decode_images(plan.images, plan.options, progress))


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
        if result.status != "FAILED":
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
        """Return what names this run: the same recipe tracked elsewhere is another run."""
        place = [self.plan.tracking_uri, self.plan.options.experiment_name]
        return digest_of([self.fingerprint, *place])[:32]

    def run(self, reporter: Reporter) -> RunResult:
        earlier = find_run(tracker_home(), self.run_uid)
        if earlier is not None and earlier.state == "FINISHED":
            return RunResult(self.recipe, "SKIPPED")
        start = time.monotonic()
        with self._recorder() as recorder:
            try:
                metrics = self._train_and_record(recorder, reporter)
            except TrackerError as error:
                recorder.finish("FAILED", reason=str(error))
                return RunResult(self.recipe, "FAILED", seconds=time.monotonic() - start, error=str(error))
        return RunResult(self.recipe, "FINISHED", metrics, time.monotonic() - start)

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
