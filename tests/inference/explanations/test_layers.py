"""The map that is explained is the last one with places, in networks of every family."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tracker.errors import ModelError
from tracker.inference.explanations.layers import explained_network
from tracker.inference.explanations.maps import Explainer
from tracker.models.networks import build_network, network_names

# One of each family of torchvision's, and of each way in which one ends: the layer, and the places on a side.
FAMILIES = {
    "alexnet": ("features.11", 13),
    "convnext_tiny": ("features.7.2.add", 7),
    "densenet121": ("relu", 7),
    "efficientnet_b0": ("features.8.2", 7),
    "googlenet": ("inception5b.cat", 7),
    "inception_v3": ("Mixed_7c.cat_2", 5),
    "maxvit_t": ("blocks.3.layers.1.layers.grid_attention.departition_op.reshape_1", 7),
    "mnasnet0_5": ("layers.16", 7),
    "mobilenet_v2": ("features.18.2", 7),
    "mobilenet_v3_small": ("features.12.2", 7),
    "regnet_y_400mf": ("trunk_output.block4.block4-5.activation", 7),
    "resnet18": ("layer4.1.relu_1", 7),
    "shufflenet_v2_x0_5": ("conv5.2", 7),
    "squeezenet1_1": ("features.12.cat", 13),
    "swin_t": ("permute.permute", 7),
    "swin_v2_t": ("permute.permute", 7),
    "vgg11": ("features.19", 14),
    "vit_b_32": ("encoder.layers.encoder_layer_11.ln", 7),
}


def pixels_of(size: int, count: int = 2) -> torch.Tensor:
    return torch.rand((count, 3, size, size), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("name", "layer", "side"),
    [("mini-resnet", "layer4.0.relu_1", 2), ("mini-alexnet", "features.11", 7), ("mini-densenet", "relu", 2)],
)
def test_the_layer_before_anything_is_pooled_is_explained(name: str, layer: str, side: int) -> None:
    network = build_network(name, weights="none", classes=2, seed=0)
    network.module.eval()
    explained = explained_network(network.module, network.head, image_size=128, name=name)
    assert (explained.layer, explained.grid) == (layer, (side, side))


def test_a_map_of_one_place_is_none_so_that_the_one_before_it_is_taken() -> None:
    network = build_network("mini-resnet", weights="none", classes=2, seed=0)
    network.module.eval()
    explained = explained_network(network.module, network.head, image_size=64, name="mini-resnet")
    assert (explained.layer, explained.grid) == ("layer3.0.relu_1", (2, 2))


def test_a_single_place_that_a_network_repeats_is_no_map_either() -> None:
    network = build_network("mini-alexnet", weights="none", classes=2, seed=0)
    network.module.eval()
    explained = explained_network(network.module, network.head, image_size=64, name="mini-alexnet")
    assert (explained.layer, explained.grid) == ("features.11", (3, 3))


def test_the_explained_network_answers_what_the_network_answers_and_leaves_it_alone() -> None:
    network = build_network("mini-resnet", weights="none", classes=3, seed=0)
    network.module.eval()
    before = {name: tensor.clone() for name, tensor in network.module.state_dict().items()}
    explained = explained_network(network.module, network.head, image_size=64, name="mini-resnet")
    images = pixels_of(64)
    assert torch.equal(explained.module(images), network.module(images))
    after = network.module.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_a_network_without_a_map_is_told_in_a_line() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 4), nn.ReLU(), nn.Linear(4, 2)).eval()
    with pytest.raises(ModelError, match="none of flat's has more than one place"):
        explained_network(module, "3", image_size=8, name="flat")


@pytest.mark.slow
def test_every_family_of_networks_is_named_here() -> None:
    def family(name: str) -> str:
        return next(start for start in sorted(map(stem, FAMILIES), reverse=True) if name.startswith(start))

    torchvision_names = [name for name in network_names() if not name.startswith("mini-")]
    odd = {"wide_resnet": "resnet", "resnext": "resnet"}
    assert all(
        family(next((v for k, v in odd.items() if name.startswith(k)), name)) for name in torchvision_names
    )


def stem(name: str) -> str:
    return next(word for word in ("alexnet", *KINDS) if name.startswith(word))


KINDS = (
    *("convnext", "densenet", "efficientnet", "googlenet", "inception", "maxvit", "mnasnet", "mobilenet"),
    *("regnet", "resnet", "shufflenet", "squeezenet", "swin", "vgg", "vit"),
)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_is_explained(name: str) -> None:
    layer, side = FAMILIES[name]
    network = build_network(name, weights="none", classes=3, seed=0)
    network.module.eval()
    # Some families begin with a last layer of zeros.
    torch.manual_seed(0)
    nn.init.normal_(network.module.get_submodule(network.head).weight)  # type: ignore[arg-type]
    explainer = Explainer(network, image_size=224)
    pixels = (255 * pixels_of(224).permute(0, 2, 3, 1)).byte().numpy()
    maps = explainer.signed_maps(pixels, [0, 2])
    assert (explainer.layer, explainer.grid) == (layer, (side, side))
    assert maps.shape == (2, side, side)
    assert all(one.std() > 0 for one in maps)
