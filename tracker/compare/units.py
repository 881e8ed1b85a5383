"""How a metric is named and written for people: percent, points, decimals."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.records import EpochKind

_PARTS = {"train": "training", "val": "validation", "test": "test"}
_ACRONYMS = {"auroc": "AUROC"}
_PERCENT = frozenset({"accuracy", "balanced_accuracy", "sensitivity", "specificity"})


@dataclass(frozen=True, slots=True)
class Scale:
    """The way in which a metric's values are written.

    Attributes:
        factor: What a recorded value is multiplied by.
        decimals: Digits after the point.
        unit: The unit of a value; empty: a plain number.
        difference_unit: The unit of a difference of two values.
    """

    factor: int
    decimals: int
    unit: str = ""
    difference_unit: str = ""

    def write(self, value: float, *, sign: bool = False) -> str:
        """Write a value without its unit, with a true minus sign and, if asked, a plus sign."""
        text = f"{value * self.factor:{'+' if sign else ''}.{self.decimals}f}"
        zero = f"{0:.{self.decimals}f}"
        return zero if text.lstrip("+-") == zero else text.replace("-", "−")


def scale_of(metric: str) -> Scale:
    """Return how the values of a metric such as `test/accuracy` are written."""
    name = metric.rpartition("/")[2]
    if name in _PERCENT:
        return Scale(100, 1, "%", "percentage points")
    return Scale(1, 4 if name == "loss" else 3)


def part_of(metric: str) -> str:
    """Return the part of the split that a metric is of: `train`, `val` or `test`."""
    return metric.partition("/")[0]


def title_of(metric: str) -> str:
    """Return a metric's name for people, such as `validation loss` for `val/loss`."""
    part, _, name = metric.partition("/")
    return f"{_PARTS.get(part, part)} {_ACRONYMS.get(name, name.replace('_', ' '))}".strip()


def epoch_of(at: EpochKind, epochs: str | None) -> str:
    """Say which epoch's network was measured; epochs is the number of epochs where all runs share it."""
    if at == "best":
        return "at the epoch with the lowest validation loss"
    return f"after the last epoch ({epochs})" if epochs else "after the last epoch"
