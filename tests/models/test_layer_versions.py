"""States of layers that have versions are read as what they are: old, present, or not marked."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
import torchvision
from torch import nn

from tests.support.exported import export_network
from tests.support.networks import State
from tracker.errors import ModelError
from tracker.inference.served_network import load
from tracker.models.layer_versions import restore_state
from tracker.models.networks import Network, build_network

STEM = "layers.0.weight"


@pytest.fixture(scope="module")
def mnasnet() -> nn.Module:
    torch.manual_seed(5)
    return torchvision.models.mnasnet0_5(weights=None)


@pytest.fixture(scope="module")
def first_mnasnet(mnasnet: nn.Module) -> nn.Module:
    """A network of torchvision's first version of MNASNet, whose first layers are wider."""
    wide = {**mnasnet.state_dict(), STEM: torch.rand(32, 3, 3, 3)}
    network = torchvision.models.mnasnet0_5(weights=None)
    with pytest.warns(UserWarning, match="new version of MNASNet"), pytest.raises(RuntimeError):
        network.load_state_dict(marked(wide, 1))
    assert network._version == 1
    return network


def marked(state: State, version: int) -> OrderedDict[str, torch.Tensor]:
    bearing = OrderedDict(state)
    bearing._metadata = {"": {"version": version}}  # type: ignore[attr-defined]
    return bearing


def weights_of(path: Path, state: object, name: str = "mnasnet0_5") -> Network:
    torch.save(state, path)
    return build_network(name, weights=str(path), classes=2, seed=0)


def assert_same(network: Network, state: State) -> None:
    loaded = network.module.state_dict()
    assert all(torch.equal(loaded[key], state[key]) for key in state if not key.startswith("classifier"))


@pytest.mark.parametrize(
    "stored",
    [
        lambda network: network.state_dict(),
        lambda network: dict(network.state_dict()),
        # Of a copy: it moves what it is given to a GPU.
        lambda network: nn.DataParallel(copy.deepcopy(network)).state_dict(),
        lambda network: {"state_dict": nn.ModuleDict({"model": network}).state_dict(), "epoch": 2},
        lambda network: nn.Sequential(*network.children()).state_dict(),
    ],
    ids=["plain", "copied", "module", "lightning", "sequential"],
)
def test_a_network_that_asks_for_its_version_is_loaded_whatever_wrapped_it(
    tmp_path: Path, mnasnet: nn.Module, stored: Callable[[nn.Module], object]
) -> None:
    assert_same(weights_of(tmp_path / "w.pth", stored(mnasnet)), mnasnet.state_dict())


def test_it_is_loaded_from_a_file_that_knows_no_versions(tmp_path: Path, mnasnet: nn.Module) -> None:
    safetensors.torch.save_file(mnasnet.state_dict(), tmp_path / "w.safetensors")
    network = build_network("mnasnet0_5", weights=str(tmp_path / "w.safetensors"), classes=2, seed=0)
    assert_same(network, mnasnet.state_dict())


def test_a_network_of_an_older_version_stays_one_in_use_and_as_weights(
    tmp_path: Path, first_mnasnet: nn.Module
) -> None:
    state = first_mnasnet.state_dict()
    network = weights_of(tmp_path / "w.pth", state)
    assert_same(network, state)
    export_network(network, tmp_path, classes=["a", "b"], image_size=64, resize="stretch")
    served = load(str(tmp_path)).network
    assert torch.equal(served.state_dict()[STEM], state[STEM])
    again = build_network("mnasnet0_5", weights=str(tmp_path / "network.safetensors"), classes=2, seed=0)
    assert_same(again, state)


def test_a_training_of_it_goes_on_in_the_layers_that_its_optimizer_holds(
    tmp_path: Path, first_mnasnet: nn.Module
) -> None:
    network = weights_of(tmp_path / "w.pth", first_mnasnet.state_dict()).module
    parameters = list(network.parameters())
    restore_state(network, {key: value + 1 for key, value in network.state_dict().items()})
    assert [id(parameter) for parameter in network.parameters()] == [id(one) for one in parameters]


def test_a_version_that_is_not_known_yet_is_said(tmp_path: Path, mnasnet: nn.Module) -> None:
    with pytest.raises(ModelError, match=r"(?s)version should be set to 1 or 2 instead of 3"):
        weights_of(tmp_path / "w.pth", marked(mnasnet.state_dict(), 3))


@pytest.mark.parametrize("known", [True, False])
def test_a_vision_transformer_with_the_names_of_its_first_version_fits(tmp_path: Path, known: bool) -> None:
    """As torchvision's own files of them have them."""
    torch.manual_seed(5)
    state = torchvision.models.vit_b_32(weights=None).state_dict()
    old = OrderedDict(
        (key.replace("mlp.0.", "mlp.linear_1.").replace("mlp.3.", "mlp.linear_2."), value)
        for key, value in state.items()
    )
    if known:
        versions = {f"encoder.layers.encoder_layer_{place}.mlp": {"version": 1} for place in range(12)}
        old._metadata = versions  # type: ignore[attr-defined]
    loaded = weights_of(tmp_path / "w.pth", old, "vit_b_32").module.state_dict()
    key = "encoder.layers.encoder_layer_3.mlp.3.weight"
    assert torch.equal(loaded[key], state[key])
    del old["encoder.layers.encoder_layer_3.mlp.linear_2.weight"]
    with pytest.raises(ModelError, match=f"(?s){key}: missing in the file"):
        weights_of(tmp_path / "w.pth", old, "vit_b_32")


def test_two_tensors_for_one_layer_are_refused(tmp_path: Path, mnasnet: nn.Module) -> None:
    state = dict(mnasnet.state_dict())
    doubled = state | {f"module.{key}": value + 1 for key, value in state.items()}
    with pytest.raises(ModelError, match=rf"{STEM}: twice in the file"):
        weights_of(tmp_path / "w.pth", doubled)
