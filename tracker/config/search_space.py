"""What a study searches: for each setting a range or choices, by default a fair range for every mode.

Every mode searches as wide a range of learning rates: a factor of 100 to either side of what it starts from
without tuning. A narrower range for one mode would be a denser search, and an advantage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from tracker.config.modes import find_mode, meaningless_settings
from tracker.config.recipe import Optimizer, default_lr

SEARCHABLE = ("lr", "weight_decay", "optimizer", "batch_size")
_RANGES = ("lr", "weight_decay")
_WIDTH = 100.0
_WEIGHT_DECAYS = (1e-6, 1e-2)
_BATCH_SIZES = (16, 32, 64)


@dataclass(frozen=True, slots=True)
class Range:
    """Positive numbers from `low` to `high`, drawn evenly in their logarithm."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class Choices:
    """One of several values."""

    values: tuple[str | int, ...]

    def __str__(self) -> str:
        return ", ".join(map(str, self.values))


Space = Mapping[str, Range | Choices]
SearchRequest = Mapping[str, object]
"""Setting to what was asked for: None (the default), a list, or a list by mode."""


def check_search(asked: SearchRequest) -> None:
    """Accept what a user wants searched.

    Args:
        asked: As a file of options has it.

    Raises:
        ValueError: Something in it cannot be; one sentence says what.
    """
    if not asked:
        raise ValueError(f"must name one of {', '.join(SEARCHABLE)} or more")
    for name, wanted in asked.items():
        if name not in SEARCHABLE:
            raise ValueError(f"must name settings among {', '.join(SEARCHABLE)}, got {name!r}")
        by_mode = wanted if isinstance(wanted, Mapping) else {"fine-tuning": wanted}
        for mode, values in by_mode.items():
            if find_mode(str(mode)).several:
                raise ValueError(f"{name} must have values for one mode each, and {mode} stands for several")
            if values is not None:
                _read(name, values)


def space_of(asked: SearchRequest, *, mode: str, optimizer: Optimizer) -> Space:
    """Return what the study of a mode searches; nothing of what changes nothing in it.

    Args:
        asked: What the user wants searched, accepted by `check_search`.
        mode: The arm's mode.
        optimizer: The optimizer, unless that is searched too.
    """
    space: dict[str, Range | Choices] = {}
    without_meaning = meaningless_settings(mode)
    for name, wanted in asked.items():
        if name in without_meaning:
            continue
        values = wanted.get(mode) if isinstance(wanted, Mapping) else wanted
        space[name] = _default(name, asked, mode, optimizer) if values is None else _read(name, values)
    return space


def _default(name: str, asked: SearchRequest, mode: str, optimizer: Optimizer) -> Range | Choices:
    if name == "lr":
        rates = [default_lr(mode, one) for one in _optimizers(asked, mode, optimizer)]
        return Range(min(rates) / _WIDTH, max(rates) * _WIDTH)
    if name == "weight_decay":
        return Range(*_WEIGHT_DECAYS)
    return Choices(get_args(Optimizer) if name == "optimizer" else _BATCH_SIZES)


def _optimizers(asked: SearchRequest, mode: str, optimizer: Optimizer) -> list[Optimizer]:
    """Return the optimizers that the trials of a mode can have."""
    if "optimizer" not in asked:
        return [optimizer]
    searched = space_of({"optimizer": asked["optimizer"]}, mode=mode, optimizer=optimizer)["optimizer"]
    assert isinstance(searched, Choices)
    return [one for one in get_args(Optimizer) if one in searched.values]


def _read(name: str, values: object) -> Range | Choices:
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise ValueError(f"{name} must have a list of values, got {values!r}")
    if name in _RANGES:
        return _read_range(name, values)
    allowed = get_args(Optimizer)
    for value in values:
        if name == "optimizer" and value not in allowed:
            raise ValueError(f"optimizer must be among {', '.join(allowed)}, got {value!r}")
        if name == "batch_size" and (type(value) is not int or value < 1):
            raise ValueError(f"batch_size must be whole numbers from 1 on, got {value!r}")
    if len(set(values)) < 2:
        raise ValueError(f"{name} must have two values or more to choose from, got {list(values)!r}")
    return Choices(tuple(dict.fromkeys(values)))


def _read_range(name: str, values: Sequence[object]) -> Range:
    try:
        low, high = (float(value) for value in values)  # type: ignore[arg-type]
        if not 0 < low < high < float("inf") or any(isinstance(value, bool) for value in values):
            raise ValueError
    except (TypeError, ValueError):
        raise ValueError(f"{name} must have [LOW, HIGH] with 0 < LOW < HIGH, got {list(values)!r}") from None
    return Range(low, high)
