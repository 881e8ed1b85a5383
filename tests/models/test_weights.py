"""Weights come from torchvision or from a file, and never by chance."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import torch
import torchvision

from tests.support.networks import Publish, State
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


@pytest.mark.parametrize("name", ["alexnet", "densenet121", "mnasnet0_5"])
def test_imagenet_weights_are_read_from_torchs_own_folder(name: str, published_as_imagenet: Publish) -> None:
    torch.manual_seed(3)
    state = torchvision.models.get_model(name, weights=None).state_dict()
    published_as_imagenet(name, state)
    prepare_weights(name, "imagenet")
    network = build_network(name, weights="imagenet", classes=2, seed=0)
    loaded = network.module.state_dict()
    assert all(torch.equal(loaded[k], v) for k, v in state.items() if not k.startswith("classifier"))
    assert (network.mean, network.std) == (IMAGENET.mean, IMAGENET.std)


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_networks_with_auxiliary_classifiers_take_their_files_by_name_or_by_path(
    name: str, published_as_imagenet: Publish
) -> None:
    torch.manual_seed(3)
    whole = torchvision.models.get_model(name, weights=None, aux_logits=True, init_weights=False)
    file = published_as_imagenet(name, whole.state_dict())
    by_name = build_network(name, weights="imagenet", classes=2, seed=0).module.eval()
    by_path = build_network(name, weights=str(file), classes=2, seed=0).module.eval()
    images = torch.rand(1, 3, 299, 299)
    with torch.inference_mode():
        assert torch.equal(by_name(images), by_path(images))
    assert by_name.transform_input
    assert not build_network(name, weights="none", classes=2, seed=0).module.transform_input


@pytest.mark.parametrize("file", ["resnet18-f37072fd.pth", "resnet50-11ad3fa6.pth"])
def test_a_file_under_a_name_of_torchvisions_must_be_torchvisions(
    tmp_path: Path, state: State, file: str
) -> None:
    torch.save(state, tmp_path / file)
    with pytest.raises(ModelError, match=r"another, damaged or unfinished .*rename it if .* your own"):
        prepare_weights("resnet18", str(tmp_path / file))
    mine = (tmp_path / file).rename(tmp_path / "mine-20240101.pth")
    prepare_weights("resnet18", str(mine))


def test_random_weights_in_torchs_folder_do_not_pass_as_imagenet(torch_home: Path, state: State) -> None:
    torch_home.mkdir(parents=True)
    torch.save(state, torch_home / "resnet18-f37072fd.pth")
    for attempt in (prepare_weights, partial(build_network, classes=2, seed=0)):
        with pytest.raises(
            ModelError, match=r"SHA-256 begins with f37072fd, but .*/resnet18-f37072fd.pth is"
        ):
            attempt("resnet18", weights="imagenet")
    assert (torch_home / "resnet18-f37072fd.pth").exists()


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    digests = []
    for content in (b"one", b"others"):
        (tmp_path / "w.pth").write_bytes(content)
        digests.append(weights_digest(str(tmp_path / "w.pth")))
    assert digests == [hashlib.sha256(content).hexdigest() for content in (b"one", b"others")]


@pytest.mark.parametrize(
    ("weights", "found"),
    [
        ("/dev", "/dev is a folder"),
        ("/dev/zero", "/dev/zero is no ordinary file"),
        ("/dev/null/w.pth", "there is no file"),
        ("nul\0byte.pth", "there is no file"),
        ("w" * 300, "is not \\(file name too long"),
    ],
)
def test_what_is_no_file_is_said(weights: str, found: str) -> None:
    with pytest.raises(ModelError, match=found):
        prepare_weights("resnet18", weights)


def test_a_disk_that_cannot_be_read_is_not_blamed_on_the_file() -> None:
    """The memory of a process, at an address that holds nothing, gives a real input/output error."""
    with pytest.raises(ModelError, match=r"must be readable, but .* is not \(input/output error\)\. Check"):
        weights_digest("/proc/self/mem")


def test_an_imagenet_file_that_is_damaged_is_named(torch_home: Path) -> None:
    torch_home.mkdir(parents=True)
    (torch_home / "alexnet-owt-7be5be79.pth").write_bytes(b"half a file")
    with pytest.raises(ModelError, match=r"alexnet-owt-7be5be79\.pth is another, damaged.*Delete it"):
        build_network("alexnet", weights="imagenet", classes=2, seed=0)


@pytest.mark.parametrize("left", [b"", b"half a file"])
def test_kept_imagenet_weights_that_are_shorter_are_fetched_again_and_told(
    published: Path, publisher: Publisher, caplog: pytest.LogCaptureFixture, left: bytes
) -> None:
    prepare_weights("resnet18", "imagenet")
    published.write_bytes(left)
    prepare_weights("resnet18", "imagenet")
    assert published.read_bytes() == publisher.content
    (note,) = caplog.messages
    assert "kept weights are not whole any more" in note
    published.write_bytes(left)
    publisher.status = 404
    with pytest.raises(
        ModelError, match=r"is another, damaged or unfinished one.*does not work now \(Not Found\)"
    ):
        prepare_weights("resnet18", "imagenet")
