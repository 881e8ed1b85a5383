"""A network that was written to a folder answers elsewhere as it did in training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tracker.config.recipe import Resize
from tracker.data.decoding import decode, to_rgb
from tracker.inference.export import LOADER, export_network, requirements
from tracker.inference.served_network import load
from tracker.models import minis
from tracker.models.cut import cut_network
from tracker.models.networks import build_network

CLASSES = ("normal", "a,b", "é/ü")


def random_image(path: Path, height: int, width: int, *, color: bool) -> Path:
    rng = np.random.default_rng(height)
    shape = (height, width, 3) if color else (height, width)
    Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)).save(path)
    return path


def in_training(network: torch.nn.Module, path: Path, size: int, resize: Resize) -> torch.Tensor:
    """Answer as a run does: decode, keep what is gray gray, normalize, evaluate."""
    image = decode(path, image_size=size, resize=resize)
    pixels = torch.from_numpy(np.array(np.atleast_3d(image)))[None]
    with torch.inference_mode():
        return network.eval()(pixels).softmax(1)


@pytest.mark.parametrize("resize", ["stretch", "pad", "crop"])
@pytest.mark.parametrize("color", [False, True])
def test_it_prepares_images_as_training_did(tmp_path: Path, resize: Resize, color: bool) -> None:
    path = random_image(tmp_path / "image.png", 90, 70, color=color)
    network = build_network("squeezenet1_1", weights="none", classes=3, seed=0)
    expected = in_training(cut_network(network, "fine-tuning").tail, path, 64, resize)
    export_network(network, tmp_path, classes=CLASSES, image_size=64, resize=resize)

    decoded = np.asarray(Image.open(path).convert("RGB"))
    answer = load(str(tmp_path)).predict(decoded[None])
    assert list(answer.columns) == list(CLASSES)
    np.testing.assert_allclose(answer.to_numpy(), expected.numpy(), atol=1e-6)


@pytest.mark.parametrize(
    "name",
    [
        *("resnet18", "squeezenet1_1", "googlenet", "vit_b_32", "shufflenet_v2_x0_5"),
        *("mini-alexnet", "mini-resnet", "mini-densenet"),
    ],
)
def test_every_kind_of_network_comes_back(tmp_path: Path, name: str) -> None:
    path = random_image(tmp_path / "image.png", 224, 224, color=False)
    network = build_network(name, weights="none", classes=3, seed=0)
    if name == "googlenet":
        network.module.transform_input = True
    expected = in_training(cut_network(network, "fine-tuning").tail, path, 224, "stretch")
    export_network(network, tmp_path, classes=CLASSES, image_size=224, resize="stretch")
    decoded = to_rgb(np.asarray(Image.open(path)))
    answer = load(str(tmp_path)).predict(np.stack([decoded, decoded]))
    np.testing.assert_allclose(answer.to_numpy(), expected.expand(2, 3).numpy(), atol=1e-5)


def test_the_file_is_weights_for_the_next_study(tmp_path: Path) -> None:
    network = build_network("resnet18", weights="none", classes=3, seed=4)
    export_network(network, tmp_path, classes=CLASSES, image_size=64, resize="pad")
    again = build_network("resnet18", weights=str(tmp_path / "network.safetensors"), classes=2, seed=0)
    state = network.module.state_dict()
    assert torch.equal(again.module.state_dict()["layer4.1.conv2.weight"], state["layer4.1.conv2.weight"])
    assert again.mean == network.mean


@pytest.mark.parametrize("file", [LOADER, Path(minis.__file__)], ids=["loader", "minis"])
def test_what_travels_with_a_network_needs_nothing_of_tracker(file: Path) -> None:
    imports = [line for line in file.read_text().splitlines() if line.startswith(("import", "from"))]
    assert len(imports) > 2
    assert "tracker" not in "".join(imports)
    assert [name.split("==")[0] for name in requirements()][:2] == ["torch", "torchvision"]
