"""How papers name and order models, modes and metrics, and in which units values are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tracker.records import ADAPTING, Arm

REFERENCE_MODELS = ("alexnet", "resnet152", "densenet201")
_MODEL_ORDER = (*REFERENCE_MODELS, "mini-alexnet", "mini-resnet", "mini-densenet")
_PART_TITLES = {"train": "training", "val": "validation", "test": "test"}
_MODE_ORDER = ("feature-extractor", "probe", "freeze:", "lp-ft", "fine-tuning", "scratch")
_MODE_NAMES = {"feature-extractor": "Feature extractor", "probe": "Linear probe", "lp-ft": "LP-FT"}
_PAPER_NAMES = (
    (re.compile(r"mini-alexnet"), "Mini-AlexNet"),
    (re.compile(r"mini-resnet"), "Mini-ResNet"),
    (re.compile(r"mini-densenet"), "Mini-DenseNet"),
    (re.compile(r"alexnet"), "AlexNet"),
    (re.compile(r"resnet(\d+)"), r"ResNet-\1"),
    (re.compile(r"wide_resnet(\d+)_(\d+)"), r"Wide ResNet-\1-\2"),
    (re.compile(r"densenet(\d+)"), r"DenseNet-\1"),
    (re.compile(r"vgg(\d+)"), r"VGG-\1"),
    (re.compile(r"vgg(\d+)_bn"), r"VGG-\1 (BN)"),
    (re.compile(r"googlenet"), "GoogLeNet"),
    (re.compile(r"inception_v3"), "Inception v3"),
    (re.compile(r"mobilenet_v2"), "MobileNetV2"),
    (re.compile(r"mobilenet_v3_(\w+)"), r"MobileNetV3 (\1)"),
    (re.compile(r"efficientnet_b(\d)"), r"EfficientNet-B\1"),
)


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
        """Return a value as text without its unit, with a true minus sign and, if asked, a plus sign."""
        text = f"{value * self.factor:{'+' if sign else ''}.{self.decimals}f}"
        zero = f"{0:.{self.decimals}f}"
        return zero if text.lstrip("+-") == zero else text.replace("-", "−")


# A metric that is in neither of these is called by its name and written with three decimals.
_ACRONYMS = {
    "auroc": "AUROC",
    "f1": "F1",
    "brier": "Brier score",
    "brier_calibrated": "Brier score, calibrated",
    "ece": "calibration error (ECE)",
    "ece_calibrated": "ECE, calibrated",
}
_PERCENT, _PLAIN = Scale(100, 1, "%", "percentage points"), Scale(1, 3)
_SCALES = {
    "loss": Scale(1, 4),
    **dict.fromkeys(("accuracy", "balanced_accuracy", "sensitivity", "specificity"), _PERCENT),
    **dict.fromkeys(("sensitivity_at_threshold", "specificity_at_threshold"), _PERCENT),
}


def paper_model(model: str) -> str:
    """Return the name that papers give a network, or torchvision's name where none is known."""
    for pattern, name in _PAPER_NAMES:
        if found := pattern.fullmatch(model):
            return found.expand(name)
    return model


def paper_mode(mode: str) -> str:
    """Return a mode as a paper would write it, beginning with a capital letter."""
    base = mode.removesuffix(ADAPTING)
    if base != mode:
        return f"{paper_mode(base)}, norms adapt"
    kind, _, node = mode.partition(":")
    if node:
        return f"Frozen through {node}"
    return _MODE_NAMES.get(mode, kind.capitalize())


def order_models(models: Iterable[str]) -> list[str]:
    """Return the models without repeats: the reference study's, their small relatives, then by name."""
    return sorted(set(models), key=lambda model: (_rank(model, _MODEL_ORDER), natural_key(model)))


def order_modes(modes: Iterable[str]) -> list[str]:
    """Return the modes without repeats, from the most to the least frozen; `freeze:` modes by name.

    A mode whose batch norms adapt follows the one whose batch norms are frozen.
    """
    return sorted(set(modes), key=_mode_key)


def order_arms(arms: Iterable[Arm]) -> list[Arm]:
    """Return the arms without repeats, a model's modes together, both in the order of a table."""
    several = set(arms)
    models, modes = order_models(arm.model for arm in several), order_modes(arm.mode for arm in several)
    return [Arm(model, mode) for model in models for mode in modes if Arm(model, mode) in several]


def natural_key(text: str) -> list[tuple[int, str]]:
    """Return a sort key by which `resnet18` comes before `resnet152`."""
    return [(int(number or 0), word) for word, number in re.findall(r"(\D+)|(\d+)", text)]


def title_of(metric: str) -> str:
    """Return a metric's name for people, such as `validation loss` for `val/loss`."""
    part, _, name = metric.partition("/")
    return f"{_PART_TITLES.get(part, part)} {_ACRONYMS.get(name, name.replace('_', ' '))}".strip()


def title_with_unit(metric: str) -> str:
    """Return a metric's name for people with the unit of its values: `test accuracy (%)`."""
    unit = scale_of(metric).unit
    return f"{title_of(metric)}{f' ({unit})' if unit else ''}"


def capitalized(text: str) -> str:
    """Return a text that begins a line; unlike `str.capitalize`, the rest stays as it is."""
    return text[:1].upper() + text[1:]


def scale_of(metric: str) -> Scale:
    """Return how the values of a metric such as `test/accuracy`, or of a measure, are written."""
    return _SCALES.get(metric.rpartition("/")[2], _PLAIN)


def _mode_key(mode: str) -> tuple[int, list[tuple[int, str]], bool]:
    base = mode.removesuffix(ADAPTING)
    return _mode_rank(base), natural_key(base), base != mode


def _mode_rank(mode: str) -> int:
    return _rank("freeze:" if mode.startswith("freeze:") else mode, _MODE_ORDER)


def _rank(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)
