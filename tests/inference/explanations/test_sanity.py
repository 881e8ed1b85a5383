"""Maps that ignore the network are told from maps that depend on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tracker.inference.explanations.maps import Explainer, Maps
from tracker.inference.explanations.sanity import SAME, Sanity, SanityStep, check_sanity
from tracker.models.networks import Network, build_network

SIZE, IMAGES = 96, 3


class Edges(nn.Module):
    """The edges of an image, whatever was learned: it has no weights."""

    def forward(self, images: Tensor) -> Tensor:
        gray = images.mean(1, keepdim=True)
        down = torch.nn.functional.pad(gray[:, :, 1:] - gray[:, :, :-1], (0, 0, 0, 1))
        return torch.nn.functional.avg_pool2d(down.abs(), 8)


def edge_network() -> Network:
    torch.manual_seed(0)
    module = nn.Sequential(
        Edges(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 2)
    )
    return Network("edges", module.eval(), "5", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def checked(network: Network, images: np.ndarray | None = None) -> Sanity | None:
    pixels = images if images is not None else noise()

    def maps_of(module: nn.Module) -> Callable[[], Maps]:
        explainer = Explainer(replace(network, module=module), image_size=SIZE)
        return partial(explainer.signed_maps, pixels, [0] * len(pixels))

    return check_sanity(network.module, network.head, maps_of)


def noise() -> np.ndarray:
    generator = np.random.default_rng(3)
    coarse = generator.integers(0, 256, (IMAGES, 12, 12, 1), dtype=np.uint8)
    return coarse.repeat(8, 1).repeat(8, 2).repeat(3, 3)


def test_a_map_of_edges_ignores_the_network_and_is_no_evidence() -> None:
    sanity = checked(edge_network())
    assert sanity is not None
    assert sanity.ignored is sanity.steps[-1]
    assert sanity.steps[-1].similarity > 0.99
    assert "do not read them as evidence" in sanity.sentence
    assert "when every layer is randomized" in sanity.sentence


def test_maps_of_a_trained_network_depend_on_it() -> None:
    network = build_network("mini-alexnet", weights="bundled", classes=2, seed=0)
    network.module.eval()
    before = {name: tensor.clone() for name, tensor in network.module.state_dict().items()}
    sanity = checked(network)
    assert sanity is not None
    assert sanity.ignored is None
    assert sanity.sentence.startswith("maps depend on the network")
    assert sanity.steps[0].layer == network.head
    assert sanity.replaced.shape == (len(sanity.steps), IMAGES, *sanity.own.shape[1:])
    after = network.module.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_every_layer_is_random_in_the_end() -> None:
    network = build_network("mini-resnet", weights="none", classes=2, seed=0)
    network.module.eval()
    seen: list[nn.Module] = []

    def maps_of(module: nn.Module) -> Callable[[], Maps]:
        seen.append(module)
        return lambda: np.random.default_rng(len(seen)).random((1, 3, 3), np.float32)

    check_sanity(network.module, network.head, maps_of)
    # A norm that is the same number everywhere is the same when it is shuffled, and often the bias of two.
    same = [
        name
        for name, tensor in network.module.named_parameters()
        if torch.equal(tensor, seen[1].state_dict()[name]) and tensor.std() > 0 and len(tensor) > 2
    ]
    assert same == []


def test_images_without_a_map_cannot_be_checked() -> None:
    assert checked(edge_network(), np.full((2, SIZE, SIZE, 3), 90, np.uint8)) is None


@pytest.mark.parametrize(
    ("similarities", "said"),
    [
        ([0.9, 0.2, 0.1], "when the last layer is randomized"),
        ([0.9, 0.8, 0.1], "when every layer from layer4 on is randomized"),
        ([0.2, 0.1, 0.75], "when every layer is randomized"),
        ([0.7, 0.3, 0.2], "maps depend on the network"),
    ],
)
def test_what_is_said_follows_from_the_step_with_the_most_random_layers(
    similarities: list[float], said: str
) -> None:
    steps = [SanityStep(*each) for each in zip(("fc", "layer4", "conv1"), similarities, strict=True)]
    sanity = Sanity(steps, np.zeros((2, 7, 7), np.float32), np.zeros((3, 2, 7, 7), np.float32))
    assert said in sanity.sentence
    assert (sanity.ignored is None) == (max(similarities) < SAME)
