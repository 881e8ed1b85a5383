"""What a user asks for: the options of `tracker run` and `tracker tune`, made into recipes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tracker.config.recipe import (
    BatchSize,
    Epochs,
    ImageSize,
    LearningRate,
    Mode,
    Momentum,
    OnUnreadable,
    Optimizer,
    Recipe,
    Resize,
    Schedule,
    Seed,
    WeightDecay,
    default_lr,
)
from tracker.config.search_space import Space, check_search, space_of

AskedPrecision = Literal["auto", "fp32", "bf16"]
LogModel = Literal["all", "first", "none"]
Objective = Literal["val/loss", "val/auroc", "val/accuracy"]
At = Literal["final", "best"]
Sampler = Literal["tpe", "gp", "random", "grid"]
Pruner = Literal["hyperband", "median", "none"]
Count = Annotated[int, Field(ge=1, le=100_000)]

MINI = "mini-"
"""How the names of the networks begin that bring weights of their own."""

_MODELS_OF = {"phantom": ("mini-alexnet", "mini-resnet", "mini-densenet")}


class RunOptions(BaseModel):
    """Everything that `tracker run` and `tracker tune` can be told; the defaults are the reference study."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: tuple[str, ...] = Field(("alexnet", "resnet152", "densenet201"), min_length=1)
    mode: tuple[Mode, ...] = Field(("feature-extractor", "fine-tuning"), min_length=1)
    seed: tuple[Seed, ...] = Field((0,), min_length=1)

    dataset: str = "tb-xray"
    data: Path | None = None
    patient_pattern: str | None = None
    on_unreadable: OnUnreadable = "stop"
    split: str | None = None
    split_seed: Seed = 0
    image_size: ImageSize = 224
    resize: Resize = "stretch"

    weights: str | None = None
    epochs: Epochs = 40
    batch_size: BatchSize = 32
    optimizer: Optimizer = "sgd"
    lr: LearningRate | None = None
    weight_decay: WeightDecay = 1e-4
    momentum: Momentum = 0.9
    schedule: Schedule = "constant"
    precision: AskedPrecision = "auto"

    tune: Count | None = None
    tuned: bool = False
    search: dict[str, Any] = Field({"lr": None})
    objective: Objective = "val/loss"
    tune_at: At = "final"
    tune_seeds: Annotated[int, Field(ge=1, le=100)] = 1
    tune_folds: Annotated[int, Field(ge=2, le=100)] | None = None
    sampler: Sampler = "tpe"
    pruner: Pruner = "median"
    study_seed: Seed = 0
    study_storage: str | None = None
    jobs: Annotated[int, Field(ge=1, le=1000)] = 1

    experiment: str | None = None
    tracking_uri: str | None = None
    log_model: LogModel = "first"
    rerun: bool = False
    keep_checkpoints: bool = False
    dry_run: bool = False

    @field_validator("model", "mode", "seed", mode="before")
    @classmethod
    def _one_value_is_a_list_of_one(cls, value: object) -> object:
        return [value] if isinstance(value, str | int) else value

    @field_validator("model", "mode", "seed")
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

    @property
    def study_pruner(self) -> Pruner:
        """The pruner of a study: a Gaussian process would not see the trials that one ends."""
        return "none" if self.sampler == "gp" else self.pruner

    def space(self, mode: str) -> Space:
        """Return what the study of a mode searches."""
        return space_of(self.search, mode=mode, optimizer=self.optimizer)

    @property
    def experiment_name(self) -> str:
        """The MLflow experiment, by default named after the data set."""
        return self.experiment or self.dataset

    def weights_of(self, model: str) -> str:
        """Return the weights that a network begins with, unless its mode is scratch."""
        return self.weights or ("bundled" if model.startswith(MINI) else "imagenet")

    def arms(self) -> Iterator[tuple[str, str]]:
        """Yield every model in every mode, a model's modes together."""
        return itertools.product(self.model, self.mode)

    def recipe(self, *, model: str, mode: str, seed: int, split: str, precision: str) -> Recipe:
        """Return the recipe of one run of the grid.

        Args:
            model: The network.
            mode: Where it is cut.
            seed: The run's seed.
            split: The split's rule, decided.
            precision: The precision, decided.

        """
        shared = {name: getattr(self, name) for name in Recipe.model_fields if hasattr(self, name)}
        chosen = {
            "model": model,
            "mode": mode,
            "seed": seed,
            "split": split,
            "precision": precision,
            "lr": self.lr if self.lr is not None else default_lr(mode, self.optimizer),
            "weights": "none" if mode == "scratch" else self.weights_of(model),
        }
        return Recipe(**(shared | chosen))
