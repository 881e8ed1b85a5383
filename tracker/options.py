"""What a user asks `tracker run` for: options and a YAML file, made into recipes."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tracker.errors import UsageError
from tracker.recipe import (
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

AskedPrecision = Literal["auto", "fp32", "bf16"]
LogModel = Literal["all", "first", "none"]


class RunOptions(BaseModel):
    """Everything that `tracker run` can be told; the defaults are the reference study."""

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

    weights: str = "imagenet"
    epochs: Epochs = 40
    batch_size: BatchSize = 32
    optimizer: Optimizer = "sgd"
    lr: LearningRate | None = None
    weight_decay: WeightDecay = 1e-4
    momentum: Momentum = 0.9
    schedule: Schedule = "constant"
    precision: AskedPrecision = "auto"

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

    @property
    def experiment_name(self) -> str:
        """The MLflow experiment, by default named after the data set."""
        return self.experiment or self.dataset

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
            "weights": "none" if mode == "scratch" else self.weights,
        }
        return Recipe(**(shared | chosen))


def read_options(given: Mapping[str, Any], config: Path | None = None) -> RunOptions:
    """Return the options of a YAML file, overridden by those given on the command line.

    Args:
        given: Option names and values; None and empty lists mean "not given".
        config: A YAML file of option names and values.

    Raises:
        UsageError: If the file cannot be read, or a name or value is wrong; all are named at once.
    """
    asked = {name: value for name, value in given.items() if value is not None and value != []}
    values = (_read_yaml(config) if config else {}) | asked
    try:
        return RunOptions(**values)
    except ValidationError as error:
        raise _usage_error(error) from None


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            "the configuration file must be readable", but=f"{path}: {error.strerror}", do="Check --config."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        found = " ".join(str(error).split())
        raise UsageError(
            "the configuration file must be YAML", but=f"{path}: {found}", do="Mend the file."
        ) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UsageError(
            "the configuration file must hold names and values",
            but=f"{path} holds a {type(content).__name__}",
            do="Write it as lines of `name: value`.",
        )
    return {str(name).replace("-", "_"): value for name, value in content.items()}


def _usage_error(error: ValidationError) -> UsageError:
    problems = [
        _problem(item["loc"], item["type"], item["msg"], item["input"])
        for item in error.errors()
        # What pydantic says of a list after it refused one of its items.
        if item["type"] != "too_short" or not item["input"]
    ]
    return UsageError(
        "every option must have a known name and a possible value",
        but="; ".join(dict.fromkeys(problems)),
        do="See tracker run --help.",
    )


def _problem(location: tuple[int | str, ...], kind: str, message: str, found: object) -> str:
    name = str(location[0]) if location else ""
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(name, RunOptions.model_fields, n=1)
        return f"{name} is unknown" + (f" (did you mean {near[0]}?)" if near else "")
    text = message.removeprefix("Value error, ")
    text = text[0].lower() + text[1:]
    if not name:
        return text
    return f"{name}: {text}" + ("" if "got" in text else f", got {found!r}")
