"""What one training run is: a recipe, and the fingerprint that identifies it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from tracker.config.columns import Columns
from tracker.config.modes import find_mode, meaningless_settings
from tracker.records import Arm, ArmPart, DataPart, StudyKey, part_words

Optimizer = Literal["sgd", "adam", "adamw"]
Schedule = Literal["constant", "cosine", "step"]
Precision = Literal["fp32", "bf16"]
Resize = Literal["stretch", "pad", "crop"]
OnUnreadable = Literal["stop", "skip"]

WEIGHTS = ("imagenet", "bundled", "none")
"""Weights that have a name; all others are files."""

# Of new layers, and of pretrained ones, which the rate of a new layer would destroy.
# Adam's steps are scaled by the gradient's size, so its rates are about a tenth of SGD's.
_DEFAULT_LR: Mapping[Optimizer, tuple[float, float]] = {
    "sgd": (1e-2, 1e-3),
    "adam": (1e-3, 1e-4),
    "adamw": (1e-3, 1e-4),
}


def default_lr(mode: str, optimizer: Optimizer) -> float:
    """Return the learning rate that a mode starts from when none is given."""
    of_new, of_pretrained = _DEFAULT_LR[optimizer]
    return of_pretrained if find_mode(mode).trains_pretrained_layers else of_new


def _check_mode(mode: str) -> str:
    """Return `mode` if it is written as a mode is written.

    Raises:
        ValueError: If it is not.
    """
    find_mode(mode)
    return mode


def _check_number(value: object) -> object:
    """Return `value` unless it is true or false, which Python takes for 1 and 0.

    Raises:
        ValueError: If it is.
    """
    if isinstance(value, bool):
        raise ValueError(f"must be a number, got {str(value).lower()}")
    return value


ModeName = Annotated[str, AfterValidator(_check_mode)]
NotTruth = BeforeValidator(_check_number)
Seed = Annotated[int, NotTruth, Field(ge=0, lt=2**32)]
ImageSize = Annotated[int, NotTruth, Field(ge=16, le=4096)]
Folds = Annotated[int, NotTruth, Field(ge=2, le=100)]
Place = Annotated[int, NotTruth, Field(ge=0, lt=100)]
Share = Annotated[float, NotTruth, Field(gt=0, le=1)]
Epochs = Annotated[int, NotTruth, Field(ge=1, le=100_000)]
BatchSize = Annotated[int, NotTruth, Field(ge=1)]
LearningRate = Annotated[float, NotTruth, Field(gt=0, allow_inf_nan=False)]
WeightDecay = Annotated[float, NotTruth, Field(ge=0, allow_inf_nan=False)]
Momentum = Annotated[float, NotTruth, Field(ge=0, lt=1)]
Globs = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], AfterValidator(lambda globs: tuple(sorted(set(globs))))
]


class Recipe(BaseModel):
    """Everything that determines one training run.

    A setting that is added later has a default: with that value it is no part of a fingerprint, so that the
    runs of earlier versions stay what they are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str = Field(description="The source of the images: tb-xray, montgomery, phantom, folder or csv.")
    split: str = Field(description="The parts train/val/test, as counts, as fractions, or 'given'.")
    split_seed: Seed = Field(description="The seed that the split is drawn with.")
    patient_pattern: str | None = Field(description="The regular expression that finds the patient.")
    on_unreadable: OnUnreadable = Field(description="What an unreadable image does to the run.")
    image_size: ImageSize = Field(description="Height and width of the images, in pixels.")
    resize: Resize = Field(description="How images that are not square become so.")
    model: str = Field(description="The network, by its name.")
    weights: str = Field(description="imagenet, bundled, none, or a file of weights.")
    mode: ModeName = Field(description="Where the network is cut.")
    epochs: Epochs = Field(description="Passes over the training part.")
    batch_size: BatchSize = Field(description="Images a step.")
    optimizer: Optimizer = Field(description="The rule that turns gradients into steps.")
    lr: LearningRate = Field(description="The learning rate at the first step.")
    weight_decay: WeightDecay = Field(description="The L2 penalty on weights.")
    momentum: Momentum = Field(description="The momentum of SGD (the other optimizers ignore it).")
    schedule: Schedule = Field(description="How the learning rate changes over the epochs.")
    precision: Precision = Field(description="The number format of the forward and backward passes.")
    seed: Seed = Field(description="The seed of the new layer, the data order and dropout.")
    positive: str | None = Field(
        None, description="Which of two classes is the finding, where it is not the one that names suggest."
    )
    column: Columns = Field((), description="What a table calls path, label, patient and split.")
    include: Globs = Field((), description="Globs of the images that take part; none: all.")
    exclude: Globs = Field((), description="Globs of images that are left out.")
    folds: Folds | None = Field(None, description="Into how many folds all images are divided.")
    fold: Place | None = Field(None, description="Which fold is the test part, from 0.")
    repeat: Place = Field(0, description="Which division into folds, from 0.")
    train_fraction: Share | None = Field(None, description="The share of the training patients; none: all.")
    deterministic: bool = Field(
        False, description="Whether a GPU computes by deterministic algorithms alone."
    )

    @model_validator(mode="after")
    def _a_fold_is_one_of_the_folds(self) -> Recipe:
        if (self.folds is None) != (self.fold is None) or (self.folds or 100) <= (self.fold or 0):
            raise ValueError(f"fold must be one of the folds, got fold {self.fold} of {self.folds}")
        return self

    @model_validator(mode="after")
    def _weights_fit_the_mode(self) -> Recipe:
        if not find_mode(self.mode).pretrained and self.weights != "none":
            raise ValueError(f"mode {self.mode} trains from random weights: weights must be none")
        return self

    @property
    def arm(self) -> Arm:
        """The model and the mode: what a comparison calls an arm."""
        return Arm(self.model, self.mode)

    @property
    def data_part(self) -> DataPart:
        """Which of the images it has."""
        return DataPart(self.repeat, self.fold, self.train_fraction)

    @property
    def study_key(self) -> StudyKey:
        """What has a study of its own: the arm, and each fold and each share of the training part of it."""
        return self.arm if self.data_part == DataPart() else ArmPart(*self.arm, self.data_part)

    @property
    def frozen(self) -> bool:
        """Whether the mode freezes anything."""
        return find_mode(self.mode).frozen

    @property
    def in_words(self) -> str:
        """The run as a terminal names it."""
        return " · ".join([*self.arm, f"seed {self.seed}", *part_words(self.data_part._asdict())])

    @property
    def short_mode(self) -> str:
        """The mode in a few letters: what MLflow's lists and legends show of a name is its beginning."""
        return find_mode(self.mode).short_name

    @property
    def run_name(self) -> str:
        """The name that people read in MLflow; it begins with what differs."""
        return " ".join(filter(None, [self.short_mode, f"s{self.seed}", self.data_part.short, self.model]))

    @property
    def short_name(self) -> str:
        """The name without the seed: what studies and their trials are called after."""
        return " ".join(filter(None, [self.short_mode, self.data_part.short, self.model]))

    def params(self) -> dict[str, Any]:
        """Return what is recorded of a recipe; settings that came later only where they are no defaults.

        What means nothing in its mode is left out, but for what tells runs apart everywhere.
        """
        left_out = meaningless_settings(self.mode).keys() - {"epochs", "seed"}
        return self.model_dump(mode="json", exclude=set(left_out), exclude_defaults=True)

    def fingerprint(self, *, manifest_digest: str, weights_digest: str = "") -> str:
        """Return 32 hexadecimal digits that equal recipes on equal data share.

        Args:
            manifest_digest: The digest of the manifest that is trained on.
            weights_digest: The SHA-256 of the file of weights, which then stands for its path.
        """
        fields = self.params()
        if weights_digest:
            fields["weights"] = weights_digest
        return digest_of({"recipe": fields, "manifest": manifest_digest})[:32]


def digest_of(content: Any) -> str:
    """Return the SHA-256 (hexadecimal) of the canonical JSON of `content`."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
