"""What `card.json` beside a trained network says of it, read and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tracker.config.recipe import Precision, Resize
from tracker.errors import ModelError
from tracker.inference.export import CARD_VERSION
from tracker.io.short_path import short_path

CARD = "card.json"

_Positive = Annotated[float, Field(gt=0)]


class Card(BaseModel):
    """What a card says; what it does not say is None.

    Attributes:
        version: Of the card.
        model: The network's name, such as `resnet152`.
        head: The dotted name of its last layer.
        classes: The names of the classes, in the order of its outputs.
        image_size: Height and width of the images that it takes, in pixels.
        resize: How images that are not square become so.
        mean: What is subtracted from each channel, on the scale 0 to 1.
        std: What each channel is divided by.
        builder: What torchvision builds it with; None of a network of our own.
        mode: How it was trained.
        precision: In which numbers it was trained and measured.
        positive: The class that is the finding.
        threshold: The finding's log-odds from which an image is called so.
        temperature: What logits are divided by for calibrated probabilities.
        decoder: What read the images that it was trained on.
        sha256: The digest of `network.safetensors`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: int = 1
    model: str
    head: str
    classes: Annotated[tuple[str, ...], Field(min_length=2)]
    image_size: Annotated[int, Field(gt=0, le=65_535)]
    resize: Resize
    mean: tuple[float, float, float]
    std: tuple[_Positive, _Positive, _Positive]
    builder: dict[str, bool] | None
    mode: str | None = None
    precision: Precision | None = None
    positive: str | None = None
    threshold: float | None = None
    temperature: _Positive | None = None
    decoder: str | None = None
    sha256: str | None = None


class _Version(BaseModel):
    version: int = 1


def read_card(folder: Path) -> Card:
    """Read the card of a trained network.

    Args:
        folder: Where `card.json` is.

    Raises:
        ModelError: It cannot be read, is no JSON, is of a newer version of tracker, or lacks something.
    """
    place = short_path(folder / CARD)
    try:
        content = (folder / CARD).read_bytes()
    except OSError as error:
        raise ModelError(
            f"{place} must be readable", but=f"{error.strerror}", do="Check --model and its permissions."
        ) from error
    try:
        version = _Version.model_validate_json(content).version
    except ValidationError as error:
        raise _damaged(place, error) from error
    if version > CARD_VERSION:
        raise ModelError(
            f"{place} must be of a version that this tracker knows, {CARD_VERSION} at most",
            but=f"it is of version {version}: a newer tracker wrote it",
            do="Install that newer tracker here.",
        )
    try:
        return Card.model_validate_json(content)
    except ValidationError as error:
        raise _damaged(place, error) from error


def _damaged(place: str, error: ValidationError) -> ModelError:
    found = [_in_words(one["loc"], one["type"], one["msg"]) for one in error.errors()]
    return ModelError(
        f"{place} must describe a trained network, as tracker writes it",
        but="; ".join(dict.fromkeys(found)),
        do="Take the whole folder of the model again from where it came.",
    )


def _in_words(place: tuple[int | str, ...], kind: str, said: str) -> str:
    if kind == "json_invalid":
        return f"it is no JSON ({said.removeprefix('Invalid JSON: ')})"
    name = place[0] if place else "it"
    if kind == "missing":
        return f"it lacks {name}"
    return f"{name}: {said[:1].lower()}{said[1:]}"
