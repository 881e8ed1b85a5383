"""A network that was written to a folder answers elsewhere as it did in training."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.exported import copy_loader, export_network
from tests.support.mixed_images import KINDS, write_kind
from tracker.config.recipe import Resize
from tracker.data import decoding
from tracker.data.decoding import decode
from tracker.inference.export import LOADER, requirements
from tracker.inference.served_network import load
from tracker.models import minis
from tracker.models.cut import cut_network
from tracker.models.networks import build_network

CLASSES = ("normal", "a,b", "é/ü")


def in_training(network: torch.nn.Module, path: Path, size: int, resize: Resize) -> torch.Tensor:
    """Answer as a run does: decode, keep what is gray gray, normalize, evaluate."""
    image = decode(path, image_size=size, resize=resize)
    pixels = torch.from_numpy(np.array(np.atleast_3d(image)))[None]
    with torch.inference_mode():
        return network.eval()(pixels).softmax(1)


@pytest.mark.parametrize("resize", ["stretch", "pad", "crop"])
@pytest.mark.parametrize("kind", KINDS)
def test_it_reads_files_as_training_did(tmp_path: Path, resize: Resize, kind: str) -> None:
    path = write_kind(kind, tmp_path / kind)
    network = build_network("squeezenet1_1", weights="none", classes=3, seed=0)
    expected = in_training(cut_network(network, "fine-tuning").tail, path, 64, resize)
    export_network(network, tmp_path, classes=CLASSES, image_size=64, resize=resize)
    answer = load(str(tmp_path)).predict([path])
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
    path = write_kind("gray.png", tmp_path / "image.png")
    network = build_network(name, weights="none", classes=3, seed=0)
    if name == "googlenet":
        network.module.transform_input = True
    expected = in_training(cut_network(network, "fine-tuning").tail, path, 224, "stretch")
    export_network(network, tmp_path, classes=CLASSES, image_size=224, resize="stretch")
    answer = load(str(tmp_path)).predict([path, path])
    np.testing.assert_allclose(answer.to_numpy(), expected.expand(2, 3).numpy(), atol=1e-5)


def test_the_file_is_weights_for_the_next_study(tmp_path: Path) -> None:
    network = build_network("resnet18", weights="none", classes=3, seed=4)
    export_network(network, tmp_path, classes=CLASSES, image_size=64, resize="pad")
    again = build_network("resnet18", weights=str(tmp_path / "network.safetensors"), classes=2, seed=0)
    state = network.module.state_dict()
    assert torch.equal(again.module.state_dict()["layer4.1.conv2.weight"], state["layer4.1.conv2.weight"])
    assert again.mean == network.mean


# With -S there are no installed packages; those that are needed are put on the path by hand.
ALONE = """
import sys
folder, loader, image, *packages = sys.argv[1:]
sys.path += packages
try:
    import tracker
    sys.exit("tracker is here")
except ImportError:
    pass
import importlib, json
sys.path.append(loader.rpartition("/")[0])
loaded = importlib.import_module(loader.rpartition("/")[2].removesuffix(".py"))._load_pyfunc(folder)
print(json.dumps(loaded.predict(open(image, "rb").read()).to_numpy().tolist()))
"""


@pytest.mark.parametrize("name", ["squeezenet1_1", "mini-resnet"])
def test_the_folder_answers_where_tracker_is_not_installed(tmp_path: Path, name: str) -> None:
    path = write_kind("deep.png", tmp_path / "image.png")
    network = build_network(name, weights="none", classes=3, seed=0)
    (tmp_path / "folder").mkdir()
    export_network(network, tmp_path / "folder", classes=CLASSES, image_size=64, resize="stretch")
    here = load(str(tmp_path / "folder")).predict(path)
    files = {file.relative_to(tmp_path) for file in tmp_path.rglob("*")}
    packages = [place for place in sys.path if place.endswith("site-packages")]
    arguments = [str(place) for place in (tmp_path / "folder", copy_loader(tmp_path), path)]
    elsewhere = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", ALONE, *arguments, *packages],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    np.testing.assert_allclose(json.loads(elsewhere.stdout), here.to_numpy(), atol=1e-6)
    assert {file.relative_to(tmp_path) for file in tmp_path.rglob("*")} - files == {
        copy_loader(tmp_path).relative_to(tmp_path)
    }, "nothing is written beside the network when it is loaded"


def test_what_travels_with_a_network_is_in_its_requirements_and_nothing_of_tracker() -> None:
    files = [LOADER, Path(minis.__file__), *Path(decoding.__file__).parent.glob("*.py")]
    imported = {
        node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and node.level == 0)
    }
    # MLflow's errors are raised where MLflow serves, and imported nowhere else.
    modules = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names - {"mlflow"}
    packages = importlib.metadata.packages_distributions()
    needed = {packages[module][0].lower() for module in modules}
    assert needed <= {requirement.split("==")[0] for requirement in requirements()}
    assert {"torch", "pillow", "numpy"} <= needed
    assert "tracker" not in modules


def test_the_loader_is_named_by_its_content(tmp_path: Path) -> None:
    copy = copy_loader(tmp_path)
    assert copy.stem.startswith("served_network_")
    assert copy.stem.isidentifier()
    assert copy.read_bytes() == LOADER.read_bytes()
