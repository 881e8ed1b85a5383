"""`freeze:all` freezes a network to the end of every block, and of large networks to nine of them."""

from __future__ import annotations

import pytest

from tracker.models.blocks import block_ends, marked_cut_points
from tracker.models.cut import cut_network
from tracker.models.networks import blueprint

RESNET = ["maxpool", "layer1", "layer2", "layer3"]
ALEXNET = [*(f"features.{layer}" for layer in (2, 5, 7, 9, 12)), "classifier.2"]
DENSENET = ["pool0", "denseblock1", "transition1", "denseblock2", "transition2", "denseblock3", "transition3"]


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("resnet18", RESNET),
        ("mini-resnet", RESNET),
        ("alexnet", ALEXNET),
        ("mini-alexnet", ALEXNET),
        ("mini-densenet", [f"features.{block}" for block in DENSENET]),
        ("efficientnet_b0", [f"features.{stage}" for stage in range(8)]),
        pytest.param("resnet152", RESNET, marks=pytest.mark.slow),
        pytest.param("densenet201", [f"features.{block}" for block in DENSENET], marks=pytest.mark.slow),
        pytest.param("convnext_tiny", [f"features.{stage}" for stage in range(8)], marks=pytest.mark.slow),
    ],
)
def test_a_network_is_frozen_to_the_end_of_each_block(name: str, ends: list[str]) -> None:
    assert block_ends(blueprint(name, classes=2)) == ends


@pytest.mark.parametrize(
    "name",
    [
        "vgg16",
        "mini-densenet",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("vit_b_16", "swin_t", "googlenet", "inception_v3", "mobilenet_v2", "mnasnet1_0")
        ),
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("squeezenet1_1", "maxvit_t", "regnet_y_400mf")
        ),
    ],
)
def test_every_end_of_a_block_is_deeper_than_the_one_before(name: str) -> None:
    network = blueprint(name, classes=2)
    ends = block_ends(network)
    assert 4 <= len(ends) <= 9
    whole = cut_network(network, "feature-extractor")
    cuts = [*(cut_network(network, f"freeze:{end}") for end in ends), whole]
    depths, shares = [cut.depth for cut in cuts], [cut.frozen_share for cut in cuts]
    assert depths == sorted(set(depths))
    assert shares == sorted(shares)
    assert depths[-1] == 1
    assert 0 < shares[0] < shares[-1] < 1
    assert all(any(True for _ in cut.tail.parameters()) for cut in cuts)


def test_the_share_that_is_frozen_is_that_of_the_parameters() -> None:
    network = blueprint("mini-resnet", classes=3)
    sizes = {name: one.numel() for name, one in network.module.named_parameters()}
    cut = cut_network(network, "freeze:layer2")
    trained = sum(n for name, n in sizes.items() if name.startswith(("layer3", "layer4", "fc")))
    assert cut.frozen_share == pytest.approx(1 - trained / sum(sizes.values()), abs=1e-12)
    assert cut_network(network, "fine-tuning").frozen_share == 0
    assert cut_network(network, "fine-tuning").depth == 0


def test_a_place_that_is_frozen_anyway_is_not_named_again() -> None:
    network = blueprint("mini-resnet", classes=2)
    assert block_ends(network, ["layer2.0.relu_1", "layer3.0.conv1"]) == ["maxpool", "layer1", "layer3"]


def test_the_ends_are_marked_among_all_nodes() -> None:
    network = blueprint("mini-resnet", classes=2)
    marked = {block: node for node, block in marked_cut_points(network) if block}
    assert list(marked) == RESNET
    assert marked["layer2"] == "layer2.0.relu_1"
