"""One recipe becomes one trained network, and a frozen trunk is proved frozen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tests.support.trainings import CPU, Collected
from tracker.config.loading import read_options
from tracker.config.options import RunOptions
from tracker.config.recipe import Recipe
from tracker.data.pixels import Pixels
from tracker.errors import TrainingError
from tracker.runs import prepared_network
from tracker.runs import train as runs_train
from tracker.runs.images import Images, decode_images, find_images
from tracker.training.features import stored_features

CLASSES = ("a, b", "ill", "well")


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunOptions:
    monkeypatch.setenv("TRACKER_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    for number in range(24):
        path = tmp_path / "images of a study" / CLASSES[number % 3] / f"é {number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (40, 48, 3), dtype=np.uint8)).save(path)
    given = {"dataset": "folder", "data": tmp_path / "images of a study", "weights": "none", "epochs": 1}
    return read_options(given | {"split": "12/6/6", "image_size": 64, "batch_size": 4})


@pytest.fixture
def prepared(options: RunOptions) -> tuple[Images, Pixels]:
    return decode_images(find_images(options), options)


def recipe(options: RunOptions, mode: str, seed: int = 0) -> Recipe:
    return options.recipe(model="squeezenet1_1", mode=mode, seed=seed, split="12/6/6", precision="fp32")


def train(options: RunOptions, prepared: tuple[Images, Pixels], mode: str) -> runs_train.Trained:
    return runs_train.train(recipe(options, mode), *prepared, Collected(), device=CPU)


@pytest.mark.parametrize(
    ("mode", "unchanged"), [("feature-extractor", True), ("freeze:features.5", True), ("fine-tuning", None)]
)
def test_three_classes_in_color_train_in_every_mode(
    options: RunOptions, prepared: tuple[Images, Pixels], mode: str, unchanged: bool | None
) -> None:
    assert prepared[1].shape == (24, 64, 64, 3)
    trained = train(options, prepared, mode)
    assert trained.trunk_unchanged is unchanged
    assert trained.measured["final"].logits["test"].shape == (6, 3)


def test_only_the_tail_differs_from_the_untrained_network(
    options: RunOptions, prepared: tuple[Images, Pixels]
) -> None:
    states = [
        train(options, prepared, mode).network.module.state_dict() for mode in ("feature-extractor",) * 2
    ]
    fine_tuned = train(options, prepared, "fine-tuning").network.module.state_dict()
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    moved = {key for key in fine_tuned if not torch.equal(states[0][key], fine_tuned[key])}
    assert "features.0.weight" in moved
    assert "classifier.1.weight" in moved


def test_a_trunk_that_changed_fails_the_run(
    options: RunOptions, prepared: tuple[Images, Pixels], monkeypatch: pytest.MonkeyPatch
) -> None:
    def meddling(trunk: nn.Module, *given: Any, **named: Any) -> object:
        store = stored_features(trunk, *given, **named)
        with torch.no_grad():
            next(trunk.parameters()).add_(1e-6)
        return store

    monkeypatch.setattr(prepared_network, "stored_features", meddling)
    with pytest.raises(TrainingError, match="a frozen trunk must not change"):
        train(options, prepared, "feature-extractor")


def test_memory_that_is_too_small_is_said_in_plain_words(
    options: RunOptions, prepared: tuple[Images, Pixels], monkeypatch: pytest.MonkeyPatch
) -> None:
    def hungry(*given: Any, **named: Any) -> object:
        return torch.empty(2**60)

    monkeypatch.setattr(prepared_network, "stored_features", hungry)
    with pytest.raises(TrainingError, match="--batch-size"):
        train(options, prepared, "feature-extractor")
