"""A cut network over stored features trains as the whole network with frozen layers does."""

from __future__ import annotations

import pytest

from tests.support.plain_pytorch import losses_of_plain_loop
from tests.support.trainings import CPU, LABELS, PARTS, Collected, examples, make_recipe
from tracker.data.pixels import Pixels
from tracker.models.cut import cut_network, state_hash
from tracker.models.networks import build_network
from tracker.training.features import stored_features
from tracker.training.loop import Training
from tracker.training.store import pixel_store

RESNET_BEFORE_LAYER3 = ["conv1", "bn1", "layer1", "layer2"]
DENSENET_BEFORE_BLOCK3 = [
    f"features.{name}"
    for name in ("conv0", "norm0", "denseblock1", "transition1", "denseblock2", "transition2")
]


# Learning rates at which the losses move, but rounding does not grow from step to step.
@pytest.mark.parametrize(
    ("model", "mode", "lr", "frozen"),
    [
        ("alexnet", "feature-extractor", 1e-1, ["features", *(f"classifier.{i}" for i in range(6))]),
        ("alexnet", "freeze:features", 1e-3, ["features"]),
        ("alexnet", "fine-tuning", 1e-3, []),
        ("resnet18", "feature-extractor", 1e-3, [*RESNET_BEFORE_LAYER3, "layer3", "layer4"]),
        ("resnet18", "freeze:layer2", 1e-3, RESNET_BEFORE_LAYER3),
        ("resnet18", "fine-tuning", 1e-4, []),
        ("densenet121", "feature-extractor", 1e-3, ["features"]),
        ("densenet121", "freeze:features.transition2", 1e-3, DENSENET_BEFORE_BLOCK3),
    ],
)
def test_losses_equal_those_of_a_plain_pytorch_loop(
    pixels: Pixels, model: str, mode: str, lr: float, frozen: list[str]
) -> None:
    recipe = make_recipe(model, mode, epochs=2, lr=lr)
    network = build_network(model, weights="none", classes=2, seed=0)
    expected = losses_of_plain_loop(network, frozen, pixels, LABELS, PARTS, recipe)

    cut = cut_network(network, mode)
    store = pixel_store(pixels)
    if cut.trunk is not None:
        store = stored_features(
            cut.trunk,
            pixels,
            trunk_hash=state_hash(cut.trunk),
            precision="fp32",
            device=CPU,
        )
    told = Collected()
    Training(cut.tail, examples(store), recipe, device=CPU).run(told)

    for epoch, losses in zip(told.epochs, expected, strict=True):
        assert {name: epoch[name] for name in losses} == pytest.approx(losses, rel=2e-4)
    assert expected[0]["train/loss"] != pytest.approx(expected[-1]["train/loss"], rel=2e-4)
