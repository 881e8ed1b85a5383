"""The order in which models and modes are shown, and the names that a paper gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable

REFERENCE_MODELS = ("alexnet", "resnet152", "densenet201")
_FIRST = (*REFERENCE_MODELS, "mini-alexnet", "mini-resnet", "mini-densenet")

_MODES = ("feature-extractor", "freeze:", "fine-tuning", "scratch")

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


def paper_model(model: str) -> str:
    """Return the name that papers give a network, or torchvision's name where none is known."""
    for pattern, name in _PAPER_NAMES:
        if found := pattern.fullmatch(model):
            return found.expand(name)
    return model


def paper_mode(mode: str) -> str:
    """Return a mode as a paper would write it, beginning with a capital letter."""
    kind, colon, node = mode.partition(":")
    return (
        f"Frozen before {node}"
        if colon
        else kind.replace("feature-extractor", "feature extractor").capitalize()
    )


def order_models(models: Iterable[str]) -> list[str]:
    """Return the models without repeats: the reference study's, their small relatives, then by name."""
    return sorted(set(models), key=lambda model: (_place(model, _FIRST), natural(model)))


def order_modes(modes: Iterable[str]) -> list[str]:
    """Return the modes without repeats, from the most to the least frozen; `freeze:` modes by name."""
    return sorted(set(modes), key=lambda mode: (_mode_place(mode), natural(mode)))


def natural(text: str) -> list[tuple[int, str]]:
    """Return a sort key by which `resnet18` comes before `resnet152`."""
    return [(int(number or 0), word) for word, number in re.findall(r"(\D+)|(\d+)", text)]


def _mode_place(mode: str) -> int:
    return _place("freeze:" if mode.startswith("freeze:") else mode, _MODES)


def _place(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)
