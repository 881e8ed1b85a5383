"""What a user asks for: the options of `tracker run` and `tracker tune`, made into recipes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from numbers import Number
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from tracker.config.columns import Columns
from tracker.config.command_line import CommandLine
from tracker.config.experiment import fault_of_name, own_name
from tracker.config.modes import find_mode, meaningless_settings, with_norms
from tracker.config.recipe import (
    BatchSize,
    Epochs,
    Folds,
    Globs,
    ImageSize,
    LearningRate,
    ModeName,
    Momentum,
    NotTruth,
    OnUnreadable,
    Optimizer,
    Place,
    Recipe,
    Resize,
    Schedule,
    Seed,
    Share,
    WeightDecay,
    default_lr,
)
from tracker.config.search_space import Space, check_search, space_of
from tracker.records import EpochKind

AskedPrecision = Literal["auto", "fp32", "bf16"]
LogModel = Literal["all", "first", "none"]
Objective = Literal["val/loss", "val/auroc", "val/accuracy", "val/balanced_accuracy"]
Sampler = Literal["tpe", "gp", "random", "grid"]
Pruner = Literal["hyperband", "median", "none"]
Norms = Literal["frozen", "adapt"]
Count = Annotated[int, NotTruth, Field(ge=1, le=100_000)]

_MOST_JOBS = 1000


def _check_jobs(value: object) -> object:
    if value == "auto" or (str(value).isdecimal() and 1 <= int(str(value)) <= _MOST_JOBS):
        return value
    raise ValueError(f"must be auto or a whole number from 1 to {_MOST_JOBS}")


Jobs = Annotated[Literal["auto"] | int, BeforeValidator(_check_jobs)]

TRIALS = 50
"""Trials an arm that `tracker tune` makes where nothing else is asked for."""

TRACKING_URI_HELP = "MLflow server or store. Default: MLFLOW_TRACKING_URI, or sqlite:///mlflow.db."

IMAGES, NETWORKS, TRAINING = CommandLine("Images"), CommandLine("Networks"), CommandLine("Training")
TUNING, TRACKING, PLAIN = CommandLine("Tuning"), CommandLine("Tracking"), CommandLine()

_MINI = "mini-"
"""How the names of the networks begin that bring weights of their own."""

MINI_NETWORKS = ("mini-alexnet", "mini-resnet", "mini-densenet")
_MODELS_OF = {"phantom": MINI_NETWORKS}


class RunOptions(BaseModel):
    """Everything that `tracker run` and `tracker tune` can be told; the defaults are the reference study.

    A field is an option of the command line, a key of a `--config` file and a keyword of `tracker.run`. Its
    description is its help; where that does not say what the default is, the default's value is added.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: Annotated[str, IMAGES] = Field(
        "tb-xray",
        description="tb-xray, montgomery, phantom, folder or csv. Default: what --data is, else tb-xray.",
    )
    data: Annotated[Path | None, IMAGES] = Field(
        None, description="Where the images are: a folder or a csv file."
    )
    column: Annotated[Columns, IMAGES] = Field(
        (),
        description="NAME=COLUMN for a table with other names: path=filename, label=class, patient=mrn or "
        "split=part; repeat for several. Default: usual names, where there is no doubt.",
    )
    split: Annotated[str | None, IMAGES] = Field(
        None,
        description="train/val/test as counts (486/44/132) or fractions (0.7/0.1/0.2). "
        "Default: as the images came, else 486/44/132 or these proportions.",
    )
    split_seed: Annotated[Seed, IMAGES] = Field(0, description="Seed of the split.")
    folds: Annotated[Folds | None, IMAGES] = Field(
        None,
        description="Cross-validation: all images are divided into so many folds, and each is the test part "
        "of runs of its own; of --split, val's share of train and val counts. Default: one split.",
    )
    repeats: Annotated[Annotated[int, NotTruth, Field(ge=1, le=100)], IMAGES] = Field(
        1, description="How often images are divided into --folds anew."
    )
    fold: Annotated[tuple[Place, ...], IMAGES] = Field(
        (), description="Only this one of the --folds, from 0; repeat for several. Default: all."
    )
    repeat: Annotated[tuple[Place, ...], IMAGES] = Field(
        (), description="Only this one of the --repeats, from 0; repeat for several. Default: all."
    )
    train_fraction: Annotated[tuple[Share, ...], IMAGES] = Field(
        (),
        description="Learning curve: train with this share of the training part's patients, above 0 and up "
        "to 1; repeat for several, of which smaller ones are parts of larger ones. Default: all of them.",
    )
    patient_pattern: Annotated[str | None, IMAGES] = Field(
        None,
        description="Regular expression that finds the patient in a file name, or in the path below the "
        "class folder; all images of a patient then stay in one part.",
    )
    positive: Annotated[str | None, IMAGES] = Field(
        None,
        coerce_numbers_to_str=True,
        description="Which of two classes is the finding: sensitivity, specificity and F1 are of it. "
        "Default: the one that is not called normal, healthy, no ... or the like, else the last.",
    )
    image_size: Annotated[ImageSize, IMAGES] = Field(224, description="Height and width in pixels.")
    resize: Annotated[Resize, IMAGES] = Field("stretch", description="stretch, pad or crop.")
    include: Annotated[Globs, IMAGES] = Field(
        (),
        description="Take only images whose path below --data fits a glob such as '*/frontal/*'; repeat for "
        "several. Those that look like masks are taken where a glob names them. Default: all others.",
    )
    exclude: Annotated[Globs, IMAGES] = Field(
        (), description="Leave out images whose path fits a glob; repeat for several. Default: none."
    )
    on_unreadable: Annotated[OnUnreadable, IMAGES] = Field("stop", description="stop, or skip such images.")

    model: Annotated[tuple[str, ...], NETWORKS] = Field(
        ("alexnet", "resnet152", "densenet201"),
        min_length=1,
        description="A network (see tracker models); repeat for several. "
        "Default: alexnet, resnet152, densenet201 (three mini-... with phantom).",
    )
    mode: Annotated[tuple[ModeName, ...], NETWORKS] = Field(
        ("feature-extractor", "fine-tuning"),
        min_length=1,
        description="feature-extractor, fine-tuning, scratch, lp-ft (the last layer first, then all), probe "
        "(logistic regression on frozen features), freeze:NODE or freeze:all; repeat for several.",
    )
    norms: Annotated[tuple[Norms, ...], NETWORKS] = Field(
        ("frozen",),
        min_length=1,
        description="Batch norms of frozen layers: frozen; or adapt, as in most tutorials, which makes "
        "feature-extractor+norms of feature-extractor, and the same of freeze; repeat for both.",
    )
    weights: Annotated[str | None, NETWORKS] = Field(
        None,
        description="imagenet, bundled, none, or a .pth or .safetensors file. "
        "Default: imagenet (bundled for mini-... networks).",
    )

    seed: Annotated[tuple[Seed, ...], TRAINING.of("run")] = Field(
        (0,), min_length=1, description="Seed of a run; repeat for several."
    )
    seeds: Annotated[Annotated[int, NotTruth, Field(ge=1, le=1000)] | None, TRAINING.of("run")] = Field(
        None, description="How many seeds, 0 and up: 5 is short for seeds 0 to 4. Default: those of --seed."
    )
    epochs: Annotated[Epochs, TRAINING] = Field(40, description="Passes over the images.")
    batch_size: Annotated[BatchSize, TRAINING] = Field(32, description="Images a step.")
    optimizer: Annotated[Optimizer, TRAINING] = Field("sgd", description="sgd, adam or adamw.")
    lr: Annotated[LearningRate | None, TRAINING] = Field(
        None,
        description="Learning rate. Default with sgd: 0.01 for feature-extractor and scratch, "
        "0.001 for fine-tuning, lp-ft and freeze; a tenth of that with adam.",
    )
    weight_decay: Annotated[WeightDecay, TRAINING] = Field(1e-4, description="L2 penalty.")
    momentum: Annotated[Momentum, TRAINING] = Field(0.9, description="Momentum of sgd.")
    schedule: Annotated[Schedule, TRAINING] = Field("constant", description="constant, cosine or step.")
    precision: Annotated[AskedPrecision, TRAINING] = Field("auto", description="auto, fp32 or bf16.")
    deterministic: Annotated[bool, TRAINING] = Field(
        False, description="The same bits from the same recipe on a GPU, too; slower there."
    )

    checkpoint_every: Annotated[Count | None, TRAINING.of("run")] = Field(
        None,
        description="Checkpoint after every so many epochs. Default: as often as it costs at most 2 % of the "
        "time, at most every 30 s; always when interrupted.",
    )
    jobs: Annotated[Jobs, TRAINING] = Field(
        "auto",
        description="Processes that work at once, on runs and on trials: a number, or auto, which is one a "
        "GPU where there are several, and else one.",
    )
    engine: Annotated[str, TRAINING] = Field(
        "processes", description="What several --jobs run in; processes of this machine come with tracker."
    )

    tune: Annotated[
        Count | None,
        TUNING.of("run"),
        TUNING.of(
            "tune",
            name="trials",
            help=f"Trials an arm; finished ones of an earlier command count. Default: {TRIALS}.",
        ),
    ] = Field(None, description="Tune each arm first: trials of a study an arm. Default: no tuning.")
    tuned: Annotated[bool, TUNING.of("run")] = Field(
        False, description="Train with the best values of earlier studies of these arms."
    )
    search: Annotated[dict[str, Any], TUNING] = Field(
        {"lr": None},
        description="What is searched: lr, weight_decay, optimizer, batch_size, with commas; "
        "ranges go into --config. Default: lr.",
    )
    objective: Annotated[Objective, TUNING] = Field(
        "val/loss",
        description="What a trial is judged by, on validation images: val/loss, val/auroc, val/accuracy "
        "or val/balanced_accuracy.",
    )
    tune_at: Annotated[EpochKind, TUNING] = Field(
        "final", description="Which epoch is judged: final, or best (lowest validation loss)."
    )
    tune_seeds: Annotated[int, NotTruth, Field(ge=1, le=100), TUNING] = Field(
        1, description="Seeds that each trial is the mean of."
    )
    tune_folds: Annotated[Annotated[int, NotTruth, Field(ge=2, le=100)] | None, TUNING] = Field(
        None,
        description="Folds of training and validation images that each trial is the mean of. "
        "Default: the validation part alone.",
    )
    sampler: Annotated[Sampler, TUNING] = Field("tpe", description="tpe, gp, random or grid.")
    pruner: Annotated[Pruner, TUNING] = Field(
        "median", description="What ends poor fine-tuning trials early: median, hyperband or none."
    )
    study_seed: Annotated[Seed, TUNING] = Field(0, description="Seed of the draws of a study.")
    study_storage: Annotated[str | None, TUNING] = Field(
        None,
        description="Database of the studies, such as postgresql://USER@HOST/NAME. "
        "Default: TRACKER_STUDY_STORAGE, or studies.db in TRACKER_HOME.",
        repr=False,
    )

    experiment: Annotated[str | None, TRACKING] = Field(
        None,
        description="MLflow experiment. Default: the data set's name, or that of the folder or csv file.",
    )
    tracking_uri: Annotated[str | None, TRACKING] = Field(None, description=TRACKING_URI_HELP, repr=False)
    log_model: Annotated[LogModel, TRACKING.of("run")] = Field(
        "first", description="Which networks to store: all, first (of each arm) or none."
    )
    explain: Annotated[Annotated[int, NotTruth, Field(ge=0, le=1000)], TRACKING.of("run")] = Field(
        0,
        description="Pictures of what each network looked at (Grad-CAM), as artifacts of its run: of so many "
        "test images at which it was most wrong, and as many at which it was most sure.",
    )
    rerun: Annotated[bool, PLAIN.of("run")] = Field(
        False, description="Run again what has finished; the comparison takes the newest."
    )
    keep_checkpoints: Annotated[bool, PLAIN.of("run")] = Field(
        False, description="Keep a checkpoint of the end of runs that finish, and the one before it."
    )
    dry_run: Annotated[bool, PLAIN] = Field(False, description="Print the plan and stop.")

    @field_validator(
        *("model", "mode", "norms", "seed", "include", "exclude", "fold", "repeat", "train_fraction"),
        mode="before",
    )
    @classmethod
    def _one_value_is_a_list_of_one(cls, value: object) -> object:
        return [value] if isinstance(value, str | Number) else value

    @field_validator("model", "mode", "norms", "seed", "fold", "repeat", "train_fraction")
    @classmethod
    def _each_value_once(cls, values: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(dict.fromkeys(values))

    @model_validator(mode="before")
    @classmethod
    def _some_data_sets_have_networks_of_their_own(cls, values: dict[str, Any]) -> dict[str, Any]:
        dataset = values.get("dataset")
        models = _MODELS_OF.get(dataset) if isinstance(dataset, str) else None
        return ({"model": models} if models else {}) | values

    @field_validator("search", mode="before")
    @classmethod
    def _names_are_searched_by_default_ranges(cls, value: object) -> object:
        if isinstance(value, str):
            value = [name.strip() for name in value.split(",") if name.strip()]
        names = isinstance(value, list | tuple) and all(isinstance(name, str) for name in value)
        return dict.fromkeys(value) if names else value  # type: ignore[call-overload]

    @field_validator("search")
    @classmethod
    def _search_is_possible(cls, value: dict[str, Any]) -> dict[str, Any]:
        check_search(value)
        return value

    @field_validator("experiment")
    @classmethod
    def _mlflow_can_have_the_experiment(cls, value: str | None) -> str | None:
        if value and (fault := fault_of_name(value)):
            raise ValueError(fault)
        return value

    @model_validator(mode="after")
    def _what_is_searched_is_not_given(self) -> RunOptions:
        if self.tune is not None and self.tuned:
            raise ValueError("tune makes studies now and tuned takes earlier ones: give one of them")
        asked = self.model_fields_set
        given = [name for name in self.search if name in asked and getattr(self, name) is not None]
        if given and (self.tune is not None or self.tuned):
            raise ValueError(f"{', '.join(given)}: a study searches it, so it cannot be given as well")
        if self.sampler == "gp" and "pruner" in asked and self.pruner != "none":
            raise ValueError("sampler gp learns from whole trials alone: leave pruner out, or give none")
        return self

    @model_validator(mode="after")
    def _norms_adapt_where_layers_are_frozen(self) -> RunOptions:
        if "adapt" in self.norms and not any(find_mode(mode).has_variant for mode in self.mode):
            raise ValueError(
                f"norms: adapt is about batch norms in frozen layers, and {', '.join(self.mode)} passes none "
                "in training: give a mode that does, such as feature-extractor, or leave norms out"
            )
        return self

    @model_validator(mode="after")
    def _seeds_are_given_in_one_way(self) -> RunOptions:
        if self.seeds is not None and "seed" in self.model_fields_set:
            raise ValueError("seeds is short for several of seed: give one of them")
        return self

    @model_validator(mode="after")
    def _folds_are_there_to_be_chosen(self) -> RunOptions:
        if self.folds is None and (self.fold or self.repeat or self.repeats > 1):
            raise ValueError("fold, repeat and repeats are of a cross-validation: give folds, too")
        if self.folds is not None and max(self.fold, default=0) >= self.folds:
            raise ValueError(f"fold: {self.folds} folds are 0 to {self.folds - 1}, got {max(self.fold)}")
        if max(self.repeat, default=0) >= self.repeats:
            raise ValueError(
                f"repeat: of {self.repeats} repeats the last is {self.repeats - 1}, got {max(self.repeat)}"
            )
        return self

    @property
    def modes(self) -> list[str]:
        """The modes, those with frozen layers as their batch norms are to be."""
        return with_norms(self.mode, frozen="frozen" in self.norms, adapt="adapt" in self.norms)

    @property
    def study_pruner(self) -> Pruner:
        """The pruner of a study: a Gaussian process would not see the trials that one ends."""
        return "none" if self.sampler == "gp" else self.pruner

    def space(self, mode: str) -> Space:
        """Return what the study of a mode searches."""
        return space_of(self.search, mode=mode, optimizer=self.optimizer)

    def is_tuned(self, mode: str) -> bool:
        """Return whether a study can find anything for a mode."""
        return bool(self.space(mode))

    @property
    def experiment_name(self) -> str:
        """The MLflow experiment, by default named after the data set, or after where own images lie."""
        return self.experiment or own_name(self.dataset, self.data) or self.dataset

    def weights_of(self, model: str) -> str:
        """Return the weights that a network begins with, unless its mode is scratch."""
        return self.weights or ("bundled" if model.startswith(_MINI) else "imagenet")

    def repetitions(self) -> Iterator[Mapping[str, Any]]:
        """Yield what the runs of an arm differ in: seed, repeat, fold and share of the training part."""
        seeds = range(self.seeds) if self.seeds is not None else self.seed
        parts: list[tuple[int, int | None]] = [(0, None)]
        if self.folds is not None:
            repeats, folds = self.repeat or range(self.repeats), self.fold or range(self.folds)
            parts = list(itertools.product(repeats, folds))
        # All of the training part is what a run has without a share: it is the same run.
        shares = dict.fromkeys(None if share == 1 else share for share in self.train_fraction or (1.0,))
        for share, seed, (repeat, fold) in itertools.product(shares, seeds, parts):
            yield {"seed": seed, "repeat": repeat, "fold": fold, "train_fraction": share}

    def recipe(
        self,
        *,
        model: str,
        mode: str,
        seed: int,
        split: str,
        precision: str,
        repeat: int = 0,
        fold: int | None = None,
        train_fraction: float | None = None,
    ) -> Recipe:
        """Return the recipe of one run of the grid.

        Args:
            model: The network.
            mode: Where it is cut.
            seed: The run's seed.
            split: The split's rule, decided.
            precision: The precision, decided.
            repeat: Which division into folds.
            fold: Which fold is tested; None: there are no folds.
            train_fraction: The share of the training part; None: all.
        """
        shared = {name: getattr(self, name) for name in Recipe.model_fields if hasattr(self, name)}
        weights = self.weights_of(model) if find_mode(mode).pretrained else "none"
        chosen = {
            "model": model,
            "mode": mode,
            "seed": seed,
            "repeat": repeat,
            "fold": fold,
            "train_fraction": train_fraction,
            "split": split,
            "precision": precision,
            "lr": self.lr if self.lr is not None else default_lr(mode, self.optimizer),
            "weights": weights,
        }
        return Recipe(**(shared | chosen | dict(meaningless_settings(mode, weights))))


SECRET = tuple(name for name, field in RunOptions.model_fields.items() if not field.repr)
"""Fields that can hold a password: what they say is not told."""
