"""A file of weights is loaded whatever wrapped it, and refused where it does not fit or could run code."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import safetensors.torch
import torch
import torchvision

from tests.support.networks import State
from tracker.errors import ModelError
from tracker.models.networks import build_network


def assert_loaded(path: Path, state: State) -> None:
    network = build_network("resnet18", weights=str(path), classes=2, seed=0)
    loaded = network.module.state_dict()
    assert all(torch.equal(loaded[key], value) for key, value in state.items() if not key.startswith("fc."))
    assert loaded["fc.weight"].shape == (2, 512)


def by_place(state: State) -> State:
    """Name layers by their place among the network's children, as an `nn.Sequential` of them would."""
    children = [name for name, _ in torchvision.models.resnet18(weights=None).named_children()]
    return {
        f"{children.index(key.split('.')[0])}.{key.partition('.')[2]}": value
        for key, value in state.items()
        if not key.startswith("fc.")
    }


@pytest.mark.parametrize(
    "stored",
    [
        lambda state: state,
        lambda state: {f"module.{key}": value for key, value in state.items()},
        lambda state: {f"module.backbone.{key}": value for key, value in state.items()},
        lambda state: {"state_dict": {f"model.{key}": value for key, value in state.items()}, "epoch": 3},
        lambda state: {f"backbone.{key}": value for key, value in by_place(state).items()},
        lambda state: {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")},
    ],
    ids=["plain", "module", "module.backbone", "lightning", "sequential", "old"],
)
def test_a_pth_file_is_loaded_whatever_wrapped_it(tmp_path: Path, state: State, stored: object) -> None:
    torch.save(stored(state), tmp_path / "weights.pth")  # type: ignore[operator]
    assert_loaded(tmp_path / "weights.pth", state)


def test_a_safetensors_file_is_loaded_with_its_own_normalization(tmp_path: Path, state: State) -> None:
    path = tmp_path / "weights.safetensors"
    safetensors.torch.save_file(state, path, {"mean": "[0.5, 0.4, 0.3]", "std": "[0.1, 0.2, 0.3]"})
    assert_loaded(path, state)
    network = build_network("resnet18", weights=str(path), classes=2, seed=0)
    assert network.mean == (0.5, 0.4, 0.3)
    assert network.std == (0.1, 0.2, 0.3)


def test_keys_that_differ_are_listed(tmp_path: Path, state: State) -> None:
    changed = {**state, "extra.weight": torch.ones(1), "bn1.bias": torch.ones(5)}
    del changed["conv1.weight"]
    torch.save(changed, tmp_path / "weights.pth")
    with pytest.raises(ModelError, match=r"3 keys differ") as error:
        build_network("resnet18", weights=str(tmp_path / "weights.pth"), classes=2, seed=0)
    assert "conv1.weight: missing in the file" in str(error.value)
    assert "extra.weight: not in the network" in str(error.value)
    assert "bn1.bias: [5] in the file, [64] in the network" in str(error.value)


class Executes:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("code ran",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps({"weight": Executes()}), "tensors only"),
        (b"", "weights"),
        (b"\x80\x02nonsense", "weights.pth"),
    ],
)
def test_a_file_that_is_no_state_dict_is_refused_and_runs_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    (tmp_path / "weights.pth").write_bytes(content)
    with pytest.raises(ModelError, match=message):
        build_network("resnet18", weights=str(tmp_path / "weights.pth"), classes=2, seed=0)
    assert "code ran" not in capsys.readouterr().out


def test_a_truncated_file_is_refused(tmp_path: Path, state: State) -> None:
    for name, save in (("w.pth", torch.save), ("w.safetensors", safetensors.torch.save_file)):
        path = tmp_path / name
        save(state, path)
        path.write_bytes(path.read_bytes()[:100_000])
        with pytest.raises(ModelError, match="whole state dict"):
            build_network("resnet18", weights=str(path), classes=2, seed=0)


def test_densenet_files_with_torchvisions_old_names_fit(tmp_path: Path) -> None:
    torch.manual_seed(3)
    state = torchvision.models.densenet121(weights=None).state_dict()
    old = {
        key.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): value for key, value in state.items()
    }
    assert old.keys() != state.keys()
    torch.save(old, tmp_path / "densenet121.pth")
    network = build_network("densenet121", weights=str(tmp_path / "densenet121.pth"), classes=2, seed=0)
    key = "features.denseblock1.denselayer1.norm1.weight"
    assert torch.equal(network.module.state_dict()[key], state[key])
