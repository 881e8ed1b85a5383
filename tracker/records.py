"""What passes between the rooms as plain data: parts of a split, and runs as they were recorded."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple, get_args

Part = Literal["train", "val", "test"]
PARTS: tuple[Part, ...] = get_args(Part)

POSITIVE_CLASS = "tracker.positive_class"
"""The tag of a run that says which of two classes is the finding."""


TEMPERATURE, THRESHOLD = "calibration/temperature", "calibration/threshold"
"""The metrics of a run that say where its last network is to be used, as the validation images chose."""
RELIABILITY = "reliability.png"
"""The artifact of a run that shows whether its probabilities mean what they say."""
UNCALIBRATED = "tracker.uncalibrated"
"""The tag of a run that says why validation images gave it no temperature."""


PIXELS_DIGEST = "tracker.pixels_digest"
"""The tag of a run that says from which pixels it was made: another decoder may make others of an image."""


HOME, ORDER, ATTEMPT = "tracker.home", "tracker.order", "tracker.attempt"
"""The tags that say in whose folder of journals a run was begun, as which one there, and how often."""

COMPARISON = "comparison"
"""What the tag `tracker.kind` says of a comparison that was logged: it is no run of an arm."""

EVALUATION = "evaluation"
"""What it says of what a trained network answered to an external data set: no run of an arm either."""

NOT_OF_AN_ARM = frozenset({"trial", "study", COMPARISON, EVALUATION})
"""What the tag `tracker.kind` says of runs that are none of an arm."""

FROZEN_SHARE, FROZEN_DEPTH = "tracker.frozen_share", "tracker.frozen_depth"
"""The tags of a run that say which share of the network's parameters is frozen, and of its steps: 0 to 1."""


SPEED = "images_per_second"
"""How the metric is called that is no result of a recipe: it differs each time."""

PREDICTIONS, SPLIT_TABLE = "predictions.csv", "split.csv"
"""The artifacts of a run that say what it answered to which image, and which patient's that image is."""


def digest_tag(artifact: str) -> str:
    """Return the tag of a run that says the SHA-256 of an artifact, by which a copy of it is known."""
    return f"tracker.{artifact}_digest"


def counts_tag(part: Part) -> str:
    """Return the tag of a run that says, as JSON, how many images of each class a part has."""
    return f"tracker.{part}_class_counts"


ADAPTING = "+norms"
"""What the name of a mode ends in whose frozen layers have batch norms that adapt."""

SYNTHETIC_DATASETS = frozenset({"phantom"})
"""Data sets that a program draws; tables, figures and runs of them say so."""

EpochKind = Literal["final", "best"]
"""`final`: the last epoch; `best`: the epoch with the lowest validation loss."""
EPOCH_KINDS: tuple[EpochKind, ...] = get_args(EpochKind)


class RunState(StrEnum):
    """How a run is, or what became of it; in MLflow's words where it has them."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"
    INTERRUPTED = "INTERRUPTED"
    """Its process died without a word."""
    UNREADABLE = "UNREADABLE"
    """Its journal is damaged, or of a newer version of tracker."""
    SKIPPED = "SKIPPED"
    """A command left it alone: it has finished before."""
    TAKEN = "TAKEN"
    """A command left it alone: another process is at it."""


ENDED = frozenset({RunState.FINISHED, RunState.FAILED, RunState.KILLED})
"""States that a run's own process gave it as its last one."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The class probabilities that one network gave one image.

    Attributes:
        sample: The sample's id in its manifest.
        part: The part of the split that the sample is in.
        epoch_kind: Which epoch's weights answered.
        label: The true class's name.
        probabilities: One probability a class, by class name; they sum to one.
        log_odds: The logarithm of the odds of each class, by class name: of images that are as good as
            certain, probabilities no longer tell which is more so. Empty where an earlier version did not
            record it.
    """

    sample: str
    part: Part
    epoch_kind: EpochKind
    label: str
    probabilities: Mapping[str, float]
    log_odds: Mapping[str, float] = field(default_factory=dict)

    def score(self, name: str) -> float:
        """Return what ranks images for a class: its log-odds, infinite where probabilities say no more."""
        if name in self.log_odds:
            return self.log_odds[name]
        # The others are summed, as 1 - p is 0 long before they are.
        own, others = (_log(p) for p in self._own_and_others(name))
        return own - others

    def _own_and_others(self, name: str) -> tuple[float, float]:
        others = (p for other, p in self.probabilities.items() if other != name)
        return self.probabilities[name], math.fsum(others)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What one run answered to the images that it was not trained on.

    Attributes:
        predictions: Of the validation and the test part, for both kinds of epoch.
        patients: The patient of each image, by its sample id; an image whose patient is not known stands for
            itself, with those of the same content.
        threshold: The finding's log-odds from which an image is called so, where it is known; None: as the
            validation part of the predictions chooses it.
        temperature: What logits are divided by for calibrated probabilities, where it is known; None: as the
            validation part gives it.
    """

    predictions: Sequence[Prediction]
    patients: Mapping[str, str]
    threshold: float | None = None
    temperature: float | None = None


def _log(probability: float) -> float:
    return math.log(probability) if probability > 0 else -math.inf


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric: its step (the epoch, from 1) and its value."""

    step: int
    value: float


@dataclass(frozen=True, slots=True)
class NotSent:
    """What is known to be on its way to MLflow still; true where there is something.

    Attributes:
        runs: Runs with records that are not sent.
        records: Their records that are not sent.
    """

    runs: int = 0
    records: int = 0

    def __bool__(self) -> bool:
        return self.records > 0


class Arm(NamedTuple):
    """One model in one mode."""

    model: str
    mode: str

    def __str__(self) -> str:
        return f"{self.model} {self.mode}"

    @property
    def in_words(self) -> str:
        """The arm as a terminal names it."""
        return f"{self.model} · {self.mode}"


class DataPart(NamedTuple):
    """Which of the images a run trains and tests on, where they are not simply those of the split.

    Attributes:
        repeat: Which division into folds, from 0.
        fold: Which fold is tested, from 0; None: images are not divided into folds.
        train_fraction: The share of the training part's patients; None: all.
    """

    repeat: int = 0
    fold: int | None = None
    train_fraction: float | None = None

    @property
    def short(self) -> str:
        """A few letters, such as `f2` (fold 2), `r1f2` (of repeat 1) or `25%`; empty for the whole split."""
        fold = "" if self.fold is None else f"{f'r{self.repeat}' if self.repeat else ''}f{self.fold}"
        share = "" if self.train_fraction is None else f"{100 * self.train_fraction:g}%"
        return f"{fold} {share}".strip()


class ArmPart(NamedTuple):
    """One model in one mode on some of the images: a fold, or a share of the training part."""

    model: str
    mode: str
    part: DataPart

    def __str__(self) -> str:
        return f"{self.model} {self.mode} {self.part.short}"

    @property
    def in_words(self) -> str:
        """It as a terminal names it."""
        return " · ".join([self.model, self.mode, *part_words(self.part._asdict())])


StudyKey = Arm | ArmPart
"""What has a study of its own: an arm, and where there are several, each fold and share of it."""


def part_words(settings: Mapping[str, object]) -> list[str]:
    """Return words for a fold and a share of the training part, such as `repeat 1` and `fold 2`.

    Args:
        settings: Settings of a run by name; those that are missing or None were not given.
    """
    fold, repeat, share = (settings.get(name) for name in ("fold", "repeat", "train_fraction"))
    return [
        *([f"repeat {repeat}"] if fold is not None and str(repeat or 0) != "0" else []),
        *([f"fold {fold}"] if fold is not None else []),
        *([f"fraction {share}"] if share is not None else []),
    ]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as MLflow holds it.

    Attributes:
        run_id: MLflow's id of the run.
        name: The run's name.
        status: MLflow's status: RUNNING, FINISHED, FAILED, KILLED or SCHEDULED.
        start_time: Milliseconds since 1970 (UTC).
        params: Parameters as they were recorded (strings).
        tags: Tags, those of tracker beginning with `tracker.`.
        metrics: The latest value of each metric.
        history: All points of the metrics that were asked for, in order of their steps.
        experiment_id: MLflow's id of its experiment; empty where it is not known.
    """

    run_id: str
    name: str
    status: str
    start_time: int
    params: Mapping[str, str]
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    history: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    experiment_id: str = ""

    @property
    def arm(self) -> Arm:
        """The arm that the run belongs to."""
        return Arm(self.params["model"], self.params["mode"])

    @property
    def in_words(self) -> str:
        """The run as a terminal names it; its name in MLflow is short, and was another one before."""
        known = [self.params.get(name) for name in ("model", "mode", "seed")]
        model, mode, seed = known
        if None in known:
            return self.name
        return " · ".join([str(model), str(mode), f"seed {seed}", *part_words(self.params)])

    @property
    def repetition(self) -> str:
        """What tells the runs of an arm apart: the seed, and of a cross-validation the repeat and fold."""
        seed, fold = self.params["seed"], self.params.get("fold")
        return seed if fold is None else f"{seed} · repeat {self.params.get('repeat', '0')} · fold {fold}"

    @property
    def is_synthetic(self) -> bool:
        """Whether the run's images were drawn by a program."""
        return self.params.get("dataset") in SYNTHETIC_DATASETS
