"""Weights come from torchvision or from a file, and never by chance."""

from __future__ import annotations

import hashlib
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import safetensors.torch
import torch
import torchvision
from torch import nn

from tests.support.publisher import Publisher
from tracker.errors import ModelError, UsageError
from tracker.models import weights
from tracker.models.networks import build_network, network_names
from tracker.models.weights import IMAGENET, prepare_weights, weights_digest

State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    torch.manual_seed(7)
    return torchvision.models.get_model("resnet18", weights=None).state_dict()


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


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ModelError, match=r"no file /nowhere/w\.pth"):
        prepare_weights("resnet18", "/nowhere/w.pth")
    with pytest.raises(ModelError, match=r"no file /nowhere/w\.pth"):
        weights_digest("/nowhere/w.pth")


@pytest.fixture
def torch_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty TORCH_HOME on a machine that reaches nothing."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    return tmp_path / "torch" / "hub" / "checkpoints"


def test_imagenet_weights_that_cannot_be_fetched_are_named_with_where_to_put_them(torch_home: Path) -> None:
    with pytest.raises(ModelError) as error:
        prepare_weights("resnet152", "imagenet")
    message = str(error.value)
    assert "https://download.pytorch.org/models/resnet152-394f9c45.pth" in message
    assert str(torch_home / "resnet152-394f9c45.pth") in message
    assert "TORCH_HOME" in message
    assert "--weights FILE" in message


@pytest.fixture
def published(
    publisher: Publisher, torch_home: Path, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The weights of resnet18 on a server of the test's own; where they are kept once they are fetched."""
    torch.save(state, tmp_path / "weights.pth")
    publisher.content = (tmp_path / "weights.pth").read_bytes()
    name = f"resnet18-{hashlib.sha256(publisher.content).hexdigest()[:8]}.pth"
    target = torch_home / name
    monkeypatch.setattr(weights, "imagenet_file", lambda _: (f"{publisher.root}/{name}", target))
    return target


def test_imagenet_weights_are_fetched_once_into_torchs_own_folder(
    published: Path, publisher: Publisher, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        prepare_weights("resnet18", "imagenet")
    assert published.read_bytes() == publisher.content
    assert len(publisher.requests) == 1
    assert capfd.readouterr().err == ""


def test_imagenet_weights_of_another_checksum_are_not_kept(published: Path, publisher: Publisher) -> None:
    publisher.content = publisher.content[:-1] + b"?"
    with pytest.raises(ModelError, match=r"cannot be fetched \(invalid hash value \(expected"):
        prepare_weights("resnet18", "imagenet")
    assert [path.name for path in published.parent.iterdir()] == [f".{published.name}.lock"]


def test_several_processes_at_once_fetch_imagenet_weights_once(published: Path, publisher: Publisher) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: prepare_weights("resnet18", "imagenet"), range(4)))
    assert published.read_bytes() == publisher.content
    assert len(publisher.requests) == 1


def test_a_server_that_refuses_imagenet_weights_is_quoted(published: Path, publisher: Publisher) -> None:
    publisher.status = 403
    with pytest.raises(ModelError, match=r"resnet18-.*\.pth cannot be fetched \(Forbidden\)"):
        prepare_weights("resnet18", "imagenet")


def test_a_disk_without_room_for_imagenet_weights_is_said_with_how_to_take_another(
    published: Path, publisher: Publisher
) -> None:
    publisher.announced = 10**15
    with pytest.raises(ModelError, match=r"needs .* GB free in .*Make room, or set TORCH_HOME"):
        prepare_weights("resnet18", "imagenet")


@pytest.mark.parametrize(
    ("name", "file"),
    [("alexnet", "alexnet-owt-7be5be79.pth"), ("densenet121", "densenet121-a639ec97.pth")],
)
def test_imagenet_weights_are_read_from_torchs_own_folder(torch_home: Path, name: str, file: str) -> None:
    torch.manual_seed(3)
    state = torchvision.models.get_model(name, weights=None).state_dict()
    torch_home.mkdir(parents=True)
    torch.save(state, torch_home / file)
    prepare_weights(name, "imagenet")
    network = build_network(name, weights="imagenet", classes=2, seed=0)
    loaded = network.module.state_dict()
    assert all(torch.equal(loaded[k], v) for k, v in state.items() if not k.startswith("classifier"))
    assert (network.mean, network.std) == (IMAGENET.mean, IMAGENET.std)


@pytest.mark.parametrize(
    ("name", "file"),
    [("googlenet", "googlenet-1378be20.pth"), ("inception_v3", "inception_v3_google-0cc3c7bd.pth")],
)
def test_networks_with_auxiliary_classifiers_take_their_files_by_name_or_by_path(
    torch_home: Path, name: str, file: str
) -> None:
    torch.manual_seed(3)
    whole = torchvision.models.get_model(name, weights=None, aux_logits=True, init_weights=False)
    torch_home.mkdir(parents=True)
    torch.save(whole.state_dict(), torch_home / file)
    by_name = build_network(name, weights="imagenet", classes=2, seed=0).module.eval()
    by_path = build_network(name, weights=str(torch_home / file), classes=2, seed=0).module.eval()
    images = torch.rand(1, 3, 299, 299)
    with torch.inference_mode():
        assert torch.equal(by_name(images), by_path(images))
    assert by_name.transform_input
    assert not build_network(name, weights="none", classes=2, seed=0).module.transform_input


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


def test_an_imagenet_file_that_is_damaged_is_named(torch_home: Path) -> None:
    torch_home.mkdir(parents=True)
    (torch_home / "alexnet-owt-7be5be79.pth").write_bytes(b"half a file")
    with pytest.raises(ModelError, match=r"alexnet-owt-7be5be79\.pth does not"):
        build_network("alexnet", weights="imagenet", classes=2, seed=0)


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
