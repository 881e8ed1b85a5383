"""What a study of a feature extractor costs beside one run of it.

    python -m benchmarks.tuning FOLDER [--model resnet152] [--trials 100] [--pairs 3]

FOLDER holds a folder of images a class. Prints lines for docs/log.md: the whole commands `tracker run` and
`tracker tune`, features stored before, until everything is in the embedded store; and the heads alone.
The network's weights are random, with batch-norm statistics of real images, so that its features are of the
size that a trained network's have.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch
import torchvision

from tracker.config.loading import read_options
from tracker.data.pixels import build_pixels
from tracker.models.normalize import Intake
from tracker.runs.images import find_images
from tracker.runs.prepared_network import prepare_network
from tracker.training.examples import Examples
from tracker.training.heads import Heads, linear_head

EPOCHS, CALIBRATION_IMAGES = 40, 64
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def save_weights(file: Path, model: str, pixels: torch.Tensor) -> None:
    """Save a network whose batch norms know the images."""
    torch.manual_seed(0)
    network = torchvision.models.get_model(model, weights=None)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = None
    with torch.no_grad():
        network.train()(Intake(_MEAN, _STD)(pixels))
    torch.save(network.state_dict(), file)


def command_seconds(place: Path, arguments: Sequence[str]) -> float:
    """Return how long a command takes until MLflow has everything, in a folder of its own."""
    with tempfile.TemporaryDirectory(dir=place) as folder:
        start = time.perf_counter()
        for one in (arguments, ["sync"]):
            subprocess.run(
                [sys.executable, "-m", "tracker", *one],
                cwd=folder,
                env=os.environ | {"TRACKER_CACHE": f"{place}/cache"},
                check=True,
                stdout=subprocess.DEVNULL,
            )
        return time.perf_counter() - start


def whole_commands(place: Path, folder: Path, model: str, trials: int, pairs: int) -> None:
    """Print what a run and a study take."""
    shared = ["--dataset", "folder", "--data", str(folder), "--model", model, "--mode", "feature-extractor"]
    shared += ["--weights", f"{place}/weights.pth", "--experiment", "cost"]
    run, tune = ["run", *shared], ["tune", *shared, "--trials", str(trials)]
    command_seconds(place, run)
    runs, studies = [], []
    for _ in range(pairs):
        runs.append(command_seconds(place, run))
        studies.append(command_seconds(place, tune))
    more = [study - run for run, study in zip(runs, studies, strict=True)]
    print(
        f"| {trials} trials of a feature extractor ({model}, {EPOCHS} epochs), features stored, all of it "
        f"in the embedded store, against one run | {statistics.median(studies):.1f} s and "
        f"{statistics.median(runs):.1f} s: {statistics.median(more):.1f} s more "
        f"({', '.join(f'{value:.1f}' for value in more)}) |",
        flush=True,
    )


def heads_alone(place: Path, folder: Path, model: str, trials: int) -> None:
    """Print what the heads of all trials take, at once and in batches of ten."""
    options = read_options({"dataset": "folder", "data": folder, "weights": f"{place}/weights.pth"})
    images = find_images(options)
    pixels = build_pixels(images.manifest, image_size=224, resize="stretch")
    base = options.recipe(
        model=model, mode="feature-extractor", seed=0, split=images.split.rule, precision="fp32"
    )
    prepared = prepare_network(base, 2, pixels, device=torch.device("cpu"))
    parts = images.split.indexes(images.manifest)
    examples = Examples.of(
        prepared.store, images.manifest.labels, {"train": parts["train"], "val": parts["val"]}
    )
    head = linear_head(prepared.cut.tail)
    assert head is not None
    recipes = [base.model_copy(update={"lr": 10 ** (-4 + 4 * i / trials)}) for i in range(trials)]
    for together in (trials, 10, 1):
        start = time.perf_counter()
        for first in range(0, trials, together):
            heads = Heads(head, examples, recipes[first : first + together], device=torch.device("cpu"))
            for _ in range(EPOCHS):
                heads.run_epoch()
        print(
            f"| {trials} heads, {EPOCHS} epochs, {together} at once | {time.perf_counter() - start:.2f} s |"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="resnet152")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.environ["TRACKER_CACHE"] = f"{place}/cache"
        images = find_images(read_options({"dataset": "folder", "data": given.folder}))
        pixels = build_pixels(images.manifest, image_size=224, resize="stretch")
        some = torch.from_numpy(pixels.array[:CALIBRATION_IMAGES].copy())
        save_weights(place / "weights.pth", given.model, some)
        whole_commands(place, given.folder, given.model, given.trials, given.pairs)
        heads_alone(place, given.folder, given.model, given.trials)


if __name__ == "__main__":
    main()
