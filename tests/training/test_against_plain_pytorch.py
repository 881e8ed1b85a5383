"""A cut network over stored features trains as the whole network with frozen layers does."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.support.plain_pytorch import losses_of_plain_loop, normalized
from tests.support.trainings import CPU, LABELS, PARTS, Collected, examples, make_recipe
from tracker.config.recipe import Recipe
from tracker.data.pixels import Pixels
from tracker.models.cut import cut_network, state_hash
from tracker.models.networks import Network, build_network
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
        pytest.param("alexnet", "freeze:features", 1e-3, ["features"], marks=pytest.mark.slow),
        pytest.param("alexnet", "fine-tuning", 1e-3, [], marks=pytest.mark.slow),
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


def losses_of_a_tutorial(network: Network, pixels: Pixels, recipe: Recipe) -> tuple[nn.Module, list[float]]:
    """Train a copy of a network as tutorials train a frozen one; return it, and the losses of all batches."""
    model, rows = copy.deepcopy(network.module), torch.tensor(PARTS["train"])
    model = model.to(memory_format=torch.channels_last)
    head = model.get_submodule(network.head)
    for parameter in model.parameters():
        parameter.requires_grad = False
    for parameter in head.parameters():
        parameter.requires_grad = True
    optimizer = torch.optim.SGD(head.parameters(), lr=recipe.lr, momentum=0.9, weight_decay=1e-4)
    order, losses = torch.Generator().manual_seed(recipe.seed), []
    for _ in range(recipe.epochs):
        model.train()
        for batch in rows[torch.randperm(len(rows), generator=order)].split(recipe.batch_size):
            optimizer.zero_grad()
            images = normalized(pixels, batch).contiguous(memory_format=torch.channels_last)
            loss = F.cross_entropy(model(images), torch.tensor(LABELS)[batch])
            loss.backward()
            optimizer.step()
            losses.append(loss.item() * len(batch))
        losses.append(held_out_loss(model, pixels))
    return model, losses


def held_out_loss(model: nn.Module, pixels: Pixels) -> float:
    model.eval()
    with torch.no_grad():
        images = normalized(pixels, torch.tensor(PARTS["test"])).contiguous(memory_format=torch.channels_last)
        return F.cross_entropy(model(images), torch.tensor(LABELS)[PARTS["test"]]).item()


@pytest.mark.parametrize("model", ["resnet18", "mini-densenet"])
def test_adapting_norms_are_what_a_tutorials_frozen_network_has(pixels: Pixels, model: str) -> None:
    recipe = make_recipe(model, "feature-extractor+norms", epochs=2, batch_size=10)
    network = build_network(model, weights="none", classes=2, seed=0)
    tutorial, losses = losses_of_a_tutorial(network, pixels, recipe)

    told = Collected()
    Training(cut_network(network, recipe.mode).tail, examples(pixel_store(pixels)), recipe, device=CPU).run(
        told
    )

    for epoch, (first, second, test) in zip(told.epochs, (losses[:3], losses[3:]), strict=True):
        found = [epoch["train/loss"], epoch["test/loss"]]
        assert found == pytest.approx([(first + second) / len(PARTS["train"]), test], rel=1e-5)
    ours, theirs = network.module.state_dict(), tutorial.state_dict()
    assert max((ours[name].float() - theirs[name].float()).abs().max().item() for name in theirs) < 1e-5
    assert all(layer.num_batches_tracked == 4 for layer in batch_norms(network.module))


def batch_norms(module: nn.Module) -> list[nn.BatchNorm2d]:
    return [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
