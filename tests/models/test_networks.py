"""Every network gets a new last layer, which its seed determines and nothing else."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tracker.errors import UsageError
from tracker.models.networks import build_network, network_names


def test_an_unknown_network_gets_the_nearest_names() -> None:
    with pytest.raises(UsageError, match="resnet152"):
        build_network("resnet125", weights="none", classes=2, seed=0)


def test_the_last_layer_is_the_same_in_every_mode_and_another_for_another_seed() -> None:
    layers = [
        build_network("resnet18", weights="none", classes=2, seed=seed).module.get_submodule("fc")
        for seed in (0, 0, 1)
    ]
    weights = [layer.weight for layer in layers if isinstance(layer, nn.Linear)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_building_a_network_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    build_network("resnet18", weights="none", classes=2, seed=0)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.slow
def test_every_network_of_torchvision_gets_a_new_last_layer() -> None:
    # RegNets compute their widths with tensors, which have no values on the meta device.
    names = [name for name in network_names() if not name.startswith("regnet")]
    assert len(names) > 60
    for name in names:
        with torch.device("meta"):
            assert build_network(name, weights="none", classes=2, seed=0).head
    assert build_network("regnet_y_400mf", weights="none", classes=2, seed=0).head == "fc"
