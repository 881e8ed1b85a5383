"""Every network of torchvision is loaded, trained, interrupted, gone on with, written and asked again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
import torchvision

from tests.support.exported import export_network
from tests.support.trainings import CPU, Collected, make_recipe
from tracker.data.pixels import Pixels
from tracker.errors import UsageError
from tracker.inference.served_network import load
from tracker.interruption import Interrupted
from tracker.models.cut import cut_network, state_hash
from tracker.models.minis import MINIS
from tracker.models.networks import (
    Network,
    blueprint,
    build_network,
    builder_options,
    check_image_size,
    network_names,
)
from tracker.models.normalize import Intake
from tracker.records import Part
from tracker.training.checkpoint_writer import CheckpointWriter
from tracker.training.checkpoints import Checkpoints
from tracker.training.examples import Examples
from tracker.training.features import stored_features
from tracker.training.loop import Training
from tracker.training.store import pixel_store

# One that asks for its version, one whose last layer is a convolution.
QUICK = ("mnasnet0_5", "squeezenet1_1")
# Two trainings of these do not fit into the memory of a small machine: only their last layer is trained.
GIANTS = ("regnet_y_128gf", "vit_h_14")
SIZES = (64, 96, 224)
PARTS: dict[Part, list[int]] = {"train": [0, 1, 2, 3], "val": [4, 5], "test": [6, 7]}
LABELS = [0, 1] * 4
CALLS_OF_AN_EPOCH = 4


@pytest.fixture(autouse=True)
def random_numbers_and_threads_are_put_back() -> Iterator[None]:
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.set_rng_state(state)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that goes with the test: all networks together would fill a disk."""
    yield tmp_path
    shutil.rmtree(tmp_path)


def weights_file(name: str, folder: Path) -> Path:
    """Write weights as everybody's .safetensors files are: without the versions of layers."""
    torch.manual_seed(11)
    options = builder_options(name, pretrained=False)
    state = torchvision.models.get_model(name, weights=None, **options).state_dict()
    path = folder / "weights.safetensors"
    safetensors.torch.save_file(state, path)
    return path


def assert_holds(network: Network, weights: Path) -> None:
    loaded = network.module.state_dict()
    with safetensors.safe_open(weights, framework="pt") as file:
        for key in set(file.keys()) - {f"{network.head}.weight", f"{network.head}.bias"}:
            assert torch.equal(loaded[key], file.get_tensor(key)), key


def smallest_size(name: str) -> int:
    network = blueprint(name, classes=2)
    for size in SIZES:
        try:
            check_image_size(network, size)
        except UsageError:
            continue
        return size
    raise AssertionError(f"{name} takes none of {SIZES}")


def images(folder: Path, size: int) -> Pixels:
    values = np.random.default_rng(0).integers(0, 256, (len(LABELS), size, size, 3), dtype=np.uint8)
    (folder / "pixels.raw").write_bytes(values.tobytes())
    return Pixels(folder / "pixels.raw", values.shape, "key", "some-digest")


def training_of(network: Network, pixels: Pixels) -> Training:
    mode = "feature-extractor" if network.name in GIANTS else "fine-tuning"
    recipe = make_recipe(network.name, mode, epochs=2, batch_size=2, lr=1e-4)
    cut = cut_network(network, mode)
    store = (
        pixel_store(pixels)
        if cut.trunk is None
        else stored_features(
            cut.trunk, pixels, trunk_hash=state_hash(cut.trunk), precision="fp32", device=CPU
        )
    )
    return Training(cut.tail, Examples.of(store, LABELS, PARTS), recipe, device=CPU)


def interrupted(network: Network, pixels: Pixels, told: Collected, folder: Path) -> Checkpoints:
    """Train until the middle of the second epoch, and leave checkpoints."""
    calls = iter(range(1, 100))
    checkpoints = Checkpoints(folder)
    writer = CheckpointWriter(checkpoints)

    def keep(training: Training) -> None:
        writer.save(training.state(), epochs=training.epoch, batches=training.batches_done)

    def stop_point() -> None:
        if next(calls) == CALLS_OF_AN_EPOCH + 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        training_of(network, pixels).run(told, keep=keep, stop_point=stop_point)
    writer.wait()
    writer.close()
    return checkpoints


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow)
        for name in network_names()
        if name not in MINIS
    ],
)
def test_it_comes_back_from_files_checkpoints_and_models(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_CACHE", str(folder / "cache"))
    weights = weights_file(name, folder)
    pixels = images(folder, smallest_size(name))

    def network() -> Network:
        return build_network(name, weights=str(weights), classes=2, seed=0)

    at_once = network()
    assert_holds(at_once, weights)
    training_of(at_once, pixels).run(Collected())
    expected = state_hash(at_once.module)
    del at_once

    told = Collected()
    checkpoints = interrupted(network(), pixels, told, folder / "checkpoints")
    gone_on = network()
    training = training_of(gone_on, pixels)
    state = checkpoints.latest()
    assert state is not None
    assert training.restore(state)
    del state
    assert (training.epoch, training.batches_done) == (1, 1)
    training.run(told)
    assert state_hash(gone_on.module) == expected
    del training

    export_network(gone_on, folder, classes=["a", "b"], image_size=pixels.shape[1], resize="stretch")
    answers = load(str(folder)).predict(np.asarray(pixels.array[:2]))
    with torch.inference_mode():
        normalized = Intake(gone_on.mean, gone_on.std)(torch.from_numpy(np.array(pixels.array[:2])))
        logits = gone_on.module.eval()(normalized)
    np.testing.assert_allclose(answers.to_numpy(), logits.softmax(1).numpy(), atol=1e-5)
