"""What the tests of training share: a small recipe, its parts and labels, and a recorder."""

from __future__ import annotations

import torch

from tracker.options import read_options
from tracker.recipe import Recipe
from tracker.records import Part
from tracker.training.loop import Examples
from tracker.training.store import Store

COUNT, SIZE = 36, 64
PARTS: dict[Part, list[int]] = {
    "train": list(range(20)),
    "val": list(range(20, 28)),
    "test": list(range(28, 36)),
}
LABELS = [row % 2 for row in range(COUNT)]
CPU = torch.device("cpu")


def examples(store: Store) -> Examples:
    return Examples.of(store, LABELS, PARTS)


def make_recipe(model: str = "resnet18", mode: str = "fine-tuning", **given: object) -> Recipe:
    options = read_options({"weights": "none", "epochs": 3, "batch_size": 8, "image_size": SIZE, **given})
    return options.recipe(model=model, mode=mode, seed=0, split="20/8/8", precision="fp32")


class Collected:
    """A recorder that keeps what it is told."""

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []

    def metrics(self, values: dict[str, float], *, step: int) -> None:
        assert step == len(self.epochs) + 1
        self.epochs.append(dict(values))
