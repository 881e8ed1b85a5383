"""A trained network is loaded from a folder as it was stored, or not at all, and one line says why."""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from tests.support.exported import export_network, normalized
from tracker.errors import ModelError
from tracker.inference.loading import load_several, load_trained
from tracker.models.networks import build_network

CLASSES = ("ill", "well")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stored")
    network = build_network("mini-densenet", weights="none", classes=2, seed=0)
    export_network(network, folder, classes=CLASSES, image_size=64, resize="pad")
    return folder


@pytest.fixture
def model(stored: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(stored, tmp_path / "model"))


def say(folder: Path, /, **what: object) -> None:
    """Have a card say something else; None: nothing."""
    card = json.loads((folder / "card.json").read_text())
    card = {name: what.get(name, told) for name, told in card.items() if what.get(name, "") is not None}
    (folder / "card.json").write_text(json.dumps(card))


def refusal(model: Path | str) -> str:
    with pytest.raises(ModelError) as caught:
        load_trained(model)
    line, *others = str(caught.value).splitlines()
    assert not others
    return line


def cut_off(model: Path) -> None:
    weights = model / "network.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    say(model, sha256=None)


def of_another(model: Path) -> None:
    say(model, model="mini-alexnet", sha256=None)


def changed(model: Path) -> None:
    weights = model / "network.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "has a card of no JSON": (lambda model: (model / "card.json").write_text('{"model": '), "it is no JSON"),
    "has a card of a list": (lambda model: (model / "card.json").write_text("[]"), "must describe"),
    "has a card that lacks something": (lambda model: say(model, head=None), "it lacks head"),
    "has a card with another size": (
        lambda model: say(model, image_size="big"),
        "image_size: input should be",
    ),
    "has a card of a newer version": (lambda model: say(model, version=99), "it is of version 99"),
    "has one class too few": (lambda model: say(model, classes=["a", "b", "c"]), "it has 2, for 3 classes"),
    "has no weights": (
        lambda model: (model / "network.safetensors").unlink(),
        "network.safetensors is missing",
    ),
    "has weights that are cut off": (cut_off, "damaged or cut off"),
    "has weights of another network": (of_another, "must hold the weights of the mini-alexnet"),
    "has a network that nobody knows": (
        lambda model: say(model, model="resnet9000", builder={}),
        "resnet9000",
    ),
    "has weights that were changed": (changed, "network.safetensors was changed since it was recorded"),
    "is empty": (lambda model: (shutil.rmtree(model), model.mkdir()), "it is empty"),
    "is not there": (shutil.rmtree, "there is no such folder"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_folder_is_refused_that(model: Path, damage: str) -> None:
    do, expected = DAMAGES[damage]
    do(model)
    assert expected in refusal(model)


def as_mlflow_has_it(model: Path, folder: Path) -> Path:
    """Put a network where MLflow has it, with the digests that are recorded there."""
    data = folder / "data" / "model"
    shutil.copytree(model, data)
    files = [path for path in data.rglob("*") if path.is_file()]
    told = {
        path.relative_to(data).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }
    described = {"flavors": {"python_function": {"data": "data/model"}}, "metadata": {"sha256": told}}
    (folder / "MLmodel").write_text(yaml.safe_dump(described))
    return data


@pytest.mark.parametrize("name", ["card.json", "network.safetensors", "decoding/decoder.py"])
def test_a_changed_file_of_mlflows_is_refused(model: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "m"
    data = as_mlflow_has_it(model, folder)
    assert load_trained(folder).classes == CLASSES
    (data / name).write_bytes((data / name).read_bytes() + b" ")
    assert f"{Path(name).name} was changed since it was recorded" in refusal(folder)


def test_one_of_an_earlier_version_has_a_note(model: Path, caplog: pytest.LogCaptureFixture) -> None:
    load_trained(model)
    assert not caplog.text
    say(model, version=None, sha256=None, mode=None, precision=None, positive=None, decoder=None)
    assert load_trained(model).mode is None
    assert "is of an earlier version, without digests" in caplog.text


def test_weights_say_no_device_and_come_to_the_processor(model: Path) -> None:
    """A safetensors file knows types, shapes and places: what was trained on a GPU is loaded without one."""
    content = (model / "network.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    assert {key for name, told in header.items() if name != "__metadata__" for key in told} == {
        *("dtype", "shape", "data_offsets")
    }
    loaded = load_trained(model)
    assert {tensor.device.type for tensor in loaded.module.state_dict().values()} == {"cpu"}


def test_networks_of_other_classes_do_not_answer_together(model: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(model, tmp_path / "other"))
    say(other, classes=["sick", "well"])
    with pytest.raises(ModelError, match="must have the same classes"):
        load_several([model, other])


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("mode", ["feature-extractor", "fine-tuning", "no such mode", None])
def test_a_network_computes_as_its_card_says(model: Path, mode: str | None, precision: str) -> None:
    say(model, mode=mode if mode != "no such mode" else "freeze:nowhere", precision=precision)
    loaded = load_trained(model)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        whole = loaded.module(normalized(loaded, pixels)).float()
    tolerance = 1e-5 if precision == "fp32" else 0.1
    assert torch.allclose(loaded.logits(pixels), whole, atol=tolerance)
    single = loaded.module(normalized(loaded, pixels))
    assert torch.allclose(loaded.logits(pixels), single, atol=1e-5) == (precision == "fp32")
