"""How images are normalized for weights: what their file says of it, if that can be."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tracker.errors import ModelError

Triple = tuple[float, float, float]

_NAMES = ("mean", "std")
_CHANNELS = 3
# The values of 16 bits as they are, not divided by their largest.
_LEAST_STD = 1 / 65535


@dataclass(frozen=True, slots=True)
class Pretrained:
    """What weights say of the images that they were trained on: channel means and deviations, 0 to 1."""

    mean: Triple
    std: Triple


def normalization_of(metadata: Mapping[str, str], default: Pretrained, path: Path) -> Pretrained:
    """Return how images are normalized for the weights in a file.

    Args:
        metadata: What the file says beside its tensors; all but `mean` and `std` is ignored.
        default: What holds if it says neither.
        path: The file, to name it.

    Raises:
        ModelError: If it says only one of them, or what is no mean or deviation of images from 0 to 1.
    """
    told = {name: metadata[name] for name in _NAMES if name in metadata}
    if not told:
        return default
    if len(told) < len(_NAMES):
        raise _implausible(path, f"it has only {', '.join(told)}")
    mean, std = (_triple(path, name, text) for name, text in told.items())
    _require(all(0 <= value <= 1 for value in mean), path, "mean", told)
    _require(all(_LEAST_STD <= value <= 1 for value in std), path, "std", told)
    return Pretrained(mean, std)


def _triple(path: Path, name: str, text: str) -> Triple:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, list) or len(values) != _CHANNELS or not all(map(_is_number, values)):
        raise _implausible(path, f"its {name} is {_shortened(text)}")
    red, green, blue = map(float, values)
    return red, green, blue


def _is_number(value: object) -> bool:
    """Return whether a value from JSON is a finite number; `true` is none, and NaN is no JSON but read."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _require(plausible: bool, path: Path, name: str, told: Mapping[str, str]) -> None:
    if not plausible:
        raise _implausible(path, f"its {name} is {_shortened(told[name])}")


def _implausible(path: Path, found: str) -> ModelError:
    return ModelError(
        "a file of weights must have both mean and std or neither: three numbers each, "
        "one a channel, of images from 0 to 1, such as [0.485, 0.456, 0.406] and [0.229, 0.224, 0.225]",
        but=f"{found} in {path}",
        do="Mend its metadata; if they are those of images from 0 to 255, divide both by 255.",
    )


def _shortened(text: str, limit: int = 60) -> str:
    line = " ".join(text.split()) or "empty"
    return line if len(line) <= limit else f"{line[:limit]}..."
