"""Weights come from torchvision or from a file, and never by chance."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
import torchvision

from tests.support.networks import State
from tests.support.publisher import Publisher
from tracker.errors import ModelError
from tracker.models import weights
from tracker.models.networks import build_network
from tracker.models.weights import IMAGENET, prepare_weights, weights_digest


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


def test_an_imagenet_file_that_is_damaged_is_named(torch_home: Path) -> None:
    torch_home.mkdir(parents=True)
    (torch_home / "alexnet-owt-7be5be79.pth").write_bytes(b"half a file")
    with pytest.raises(ModelError, match=r"alexnet-owt-7be5be79\.pth does not"):
        build_network("alexnet", weights="imagenet", classes=2, seed=0)
