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
from tracker.runs.prepared_network import PreparedNetwork
from tracker.runs.tails import begin_tail
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


def recipe(options: RunOptions, mode: str, model: str = "squeezenet1_1") -> Recipe:
    return options.recipe(model=model, mode=mode, seed=0, split="12/6/6", precision="fp32")


def train(
    options: RunOptions, prepared: tuple[Images, Pixels], mode: str, model: str = "squeezenet1_1"
) -> runs_train.Trained:
    return runs_train.train(recipe(options, mode, model), *prepared, Collected(), device=CPU)


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


def test_where_norms_adapt_the_trunk_is_said_to_have_changed(
    options: RunOptions, prepared: tuple[Images, Pixels]
) -> None:
    trained = train(options, prepared, "freeze:layer2+norms", "mini-resnet")
    assert trained.trunk_unchanged is False


@pytest.mark.parametrize("layer", ["conv1", "bn1"])
def test_a_weight_that_changed_fails_the_run_also_where_norms_adapt(
    options: RunOptions, prepared: tuple[Images, Pixels], layer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meddling(whole: PreparedNetwork, *given: Any, **named: Any) -> object:
        with torch.no_grad():
            next(whole.network.module.get_submodule(layer).parameters()).add_(1e-6)
        return begin_tail(whole, *given, **named)

    monkeypatch.setattr(runs_train, "begin_tail", meddling)
    with pytest.raises(TrainingError, match="something beside its batch norms' statistics up to"):
        train(options, prepared, "feature-extractor+norms", "mini-resnet")


def test_memory_that_is_too_small_is_said_in_plain_words(
    options: RunOptions, prepared: tuple[Images, Pixels], monkeypatch: pytest.MonkeyPatch
) -> None:
    def hungry(*given: Any, **named: Any) -> object:
        return torch.empty(2**60)

    monkeypatch.setattr(prepared_network, "stored_features", hungry)
    with pytest.raises(TrainingError, match="--batch-size"):
        train(options, prepared, "feature-extractor")
