"""A network cut in two is the same network."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tracker.errors import ModelError
from tracker.models.cut import cut_network, cut_points, state_hash
from tracker.models.networks import Network, build_network

PIXELS = torch.randint(
    0, 256, (2, 224, 224, 1), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
)


def network(name: str) -> Network:
    built = build_network(name, weights="none", classes=3, seed=0)
    built.module.eval()
    return built


@torch.inference_mode()
def logits(*parts: nn.Module) -> torch.Tensor:
    values = PIXELS
    for part in parts:
        values = part.eval()(values)
    return values


@pytest.mark.parametrize(
    ("name", "modes"),
    [
        ("alexnet", ["feature-extractor", "freeze:features", "freeze:classifier.1"]),
        ("resnet18", ["feature-extractor", "freeze:layer2", "freeze:maxpool", "freeze:layer3.0.add"]),
        pytest.param(
            "densenet121", ["feature-extractor", "freeze:features.transition2"], marks=pytest.mark.slow
        ),
        ("vit_b_32", ["feature-extractor", "freeze:encoder.layers.encoder_layer_3"]),
        pytest.param("swin_t", ["feature-extractor", "freeze:features.3"], marks=pytest.mark.slow),
        ("efficientnet_b0", ["feature-extractor", "freeze:features.4"]),
        ("squeezenet1_1", ["feature-extractor", "freeze:features.5"]),
        ("googlenet", ["feature-extractor", "freeze:inception4a"]),
        ("mini-alexnet", ["feature-extractor", "freeze:features"]),
        ("mini-resnet", ["feature-extractor", "freeze:layer2"]),
        ("mini-densenet", ["feature-extractor", "freeze:features.transition2"]),
    ],
)
def test_trunk_then_tail_is_exactly_the_whole_network(name: str, modes: list[str]) -> None:
    built = network(name)
    whole = logits(cut_network(built, "fine-tuning").tail)
    for mode in modes:
        cut = cut_network(built, mode)
        assert cut.trunk is not None
        assert torch.equal(logits(cut.trunk, cut.tail), whole), mode


def test_a_feature_extractor_trains_one_linear_layer_and_drops_nothing_before_it() -> None:
    cut = cut_network(network("alexnet"), "feature-extractor")
    assert [type(layer) for layer in cut.tail.modules() if not list(layer.children())] == [nn.Linear]
    assert cut.trunk is not None
    assert sum(isinstance(layer, nn.Dropout) for layer in cut.trunk.modules()) == 2


@pytest.mark.parametrize("mode", ["fine-tuning", "scratch"])
def test_without_a_cut_everything_is_tail(mode: str) -> None:
    built = network("resnet18")
    cut = cut_network(built, mode)
    assert cut.trunk is None
    assert {id(p) for p in cut.tail.parameters()} == {id(p) for p in built.module.parameters()}


def test_the_parts_share_the_layers_of_the_network() -> None:
    built = network("resnet18")
    cut = cut_network(built, "freeze:layer3")
    assert cut.trunk is not None
    parts = [*cut.trunk.parameters(), *cut.tail.parameters()]
    assert sorted(map(id, parts)) == sorted(map(id, built.module.parameters()))


def test_a_block_means_its_last_node() -> None:
    assert cut_network(network("resnet18"), "freeze:layer3").node == "layer3.1.relu_1"


def test_an_unknown_node_lists_the_nodes_that_can_be_cut() -> None:
    with pytest.raises(ModelError, match=r"resnet18 has no 'layer33'") as error:
        cut_network(network("resnet18"), "freeze:layer33")
    assert "layer3.1.relu_1" in str(error.value)
    assert "layer3.0.conv1" not in str(error.value)


def test_a_node_beside_a_shortcut_is_refused_with_what_crosses() -> None:
    with pytest.raises(ModelError, match=r"2 values cross \(layer2.0.relu_1, layer2.1.conv1\)"):
        cut_network(network("resnet18"), "freeze:layer2.1.conv1")


@pytest.mark.parametrize(("node", "reason"), [("fc", "would be frozen"), ("x", "that is fine-tuning")])
def test_a_cut_that_leaves_one_side_empty_is_refused(node: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        cut_network(network("resnet18"), f"freeze:{node}")


def test_every_listed_cut_point_can_be_cut() -> None:
    built = network("densenet121")
    points = cut_points(built)
    assert "features.transition1.pool" in points
    assert "features.denseblock1.denselayer1.conv1" not in points
    for point in points[::6]:
        assert cut_network(built, f"freeze:{point}").node == point


class ChangesWithTraining(nn.Module):
    """Traced through, this would keep the answer of one moment."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(4, 2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        values = images.mean((2, 3))
        return self.last(values * 2 if self.training else values)


class CannotBeTraced(ChangesWithTraining):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.last(images.mean((2, 3)) if images.sum() > 0 else images[:, :, 0, 0])


@pytest.mark.parametrize(
    ("module", "reason"),
    [(ChangesWithTraining(), "other steps in training"), (CannotBeTraced(), "torch.fx cannot trace it")],
)
def test_a_network_that_cannot_be_cut_is_refused_but_can_be_fine_tuned(
    module: nn.Module, reason: str
) -> None:
    built = Network("odd", module, "last", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    with pytest.raises(ModelError, match=reason):
        cut_network(built, "feature-extractor")
    assert cut_network(built, "fine-tuning").trunk is None


def test_the_hash_sees_parameters_and_buffers() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))
    before = state_hash(module)
    module.train()(torch.ones(2, 3, 5, 5))
    drifted = state_hash(module)
    with torch.no_grad():
        module[0].bias += 1e-7
    assert len({before, drifted, state_hash(module)}) == 3
