"""Small trainings: pictures with something to learn, a recipe, its parts and labels, and a recorder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tracker.config.loading import read_options
from tracker.config.recipe import Recipe
from tracker.data.pixels import Pixels
from tracker.interruption import Interrupted
from tracker.records import Part
from tracker.training.examples import Examples
from tracker.training.store import Store, pixel_store

COUNT, SIZE = 36, 64
PARTS: dict[Part, list[int]] = {
    "train": list(range(20)),
    "val": list(range(20, 28)),
    "test": list(range(28, 36)),
}
LABELS = [row % 2 for row in range(COUNT)]
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TRACKER_CACHE", str(tmp_path / "cache"))
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    # Tiny tensors gain nothing from a second thread, and waiting for it costs on a busy machine.
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.set_rng_state(before)


@pytest.fixture
def pixels(tmp_path: Path) -> Pixels:
    """Gray noise, brighter in the middle where the class is 1."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 180, (COUNT, SIZE, SIZE, 1))
    images[np.array(LABELS) == 1, 20:44, 20:44] += 60
    path = tmp_path / "pixels.raw"
    path.write_bytes(images.astype(np.uint8).tobytes())
    return Pixels(path, images.shape, "some-key", "some-digest")


@pytest.fixture
def on_pixels(pixels: Pixels) -> Examples:
    return examples(pixel_store(pixels))


def examples(store: Store) -> Examples:
    return Examples.of(store, LABELS, PARTS)


def make_recipe(model: str = "resnet18", mode: str = "fine-tuning", **given: object) -> Recipe:
    options = read_options({"weights": "none", "epochs": 3, "batch_size": 8, "image_size": SIZE, **given})
    return options.recipe(model=model, mode=mode, seed=0, split="20/8/8", precision="fp32")


class Tiny(nn.Module):
    """Pixels to logits in one small step, with dropout and a batch norm."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.norm = nn.BatchNorm1d(64)
        self.drop = nn.Dropout(0.2)
        self.last = nn.Linear(64, 2)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        images = pixels.float().permute(0, 3, 1, 2) / 255
        return self.last(self.drop(self.norm(F.adaptive_avg_pool2d(images, 8).flatten(1))))


class Collected:
    """A recorder that keeps what it is told.

    Args:
        before: How many epochs were trained before.
    """

    def __init__(self, before: int = 0) -> None:
        self.epochs: list[dict[str, float]] = []
        self._before = before

    def metrics(self, values: dict[str, float], *, step: int) -> None:
        assert step == self._before + len(self.epochs) + 1
        self.epochs.append(dict(values))

    def without_speed(self) -> list[dict[str, float]]:
        """Return what was told, but how fast it was: all that two runs of one recipe share."""
        return [{k: v for k, v in epoch.items() if k != "train/images_per_second"} for epoch in self.epochs]


class StopAt:
    """A stop point that stops at its so-manyth call.

    Args:
        call: Which.
        how: By what.
    """

    def __init__(self, call: int, how: type[BaseException] = Interrupted) -> None:
        self.left = call
        self._how = how

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise self._how
