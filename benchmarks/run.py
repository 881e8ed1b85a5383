"""What a run costs beside the work that nobody can save: forward passes, training steps, decoding.

    python benchmarks/run.py FOLDER [--model resnet152] [--fine-tuning-model resnet18]

FOLDER holds a folder of images a class. Four ratios, each taken in one go on one machine:

(a) a 40-epoch feature-extractor run, features not stored yet, to one bare forward pass over the images;
(b) the whole command `tracker run` once the features are stored, in seconds;
(c) training steps of fine-tuning to as many bare ones on tensors in memory, in turn, the median of many; on
    the processor in processor time, which other work on the machine moves least;
(d) decoding: processor time to wall time, against the number of cores.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F

from tracker.config.loading import read_options
from tracker.config.options import RunOptions
from tracker.config.recipe import Recipe
from tracker.data.pixels import Pixels, build_pixels
from tracker.io.parallel import usable_cores
from tracker.models.cut import cut_network
from tracker.models.networks import build_network
from tracker.models.normalize import Intake
from tracker.runs.images import Images, find_images
from tracker.runs.train import train
from tracker.training.device import autocast, choose_device, choose_precision, on_device
from tracker.training.examples import Examples
from tracker.training.loop import Training
from tracker.training.store import pixel_store

EPOCHS, BATCH, STEPS, ROUNDS = 40, 32, 3, 15
DEVICE = choose_device()


class Silent:
    """A recorder of nothing."""

    def metrics(self, values: object, *, step: int) -> None:
        """Take what an epoch measured."""


def seconds(work: Callable[[], object]) -> float:
    """Return how long some work takes."""
    start = time.perf_counter()
    work()
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def cost(work: Callable[[], object]) -> float:
    """Return what some work costs: seconds of processor time; where a GPU works, seconds."""
    if DEVICE.type != "cpu":
        return seconds(work)
    start = time.process_time()
    work()
    return time.process_time() - start


def recipe_of(options: RunOptions, images: Images, model: str, mode: str) -> Recipe:
    precision = choose_precision("auto", model=model, device=DEVICE)
    return options.recipe(model=model, mode=mode, seed=0, split=images.split.rule, precision=precision)


def bare_network(recipe: Recipe) -> torch.nn.Module:
    network = build_network(recipe.model, weights="none", classes=2, seed=0)
    whole = torch.nn.Sequential(Intake(network.mean, network.std), network.module)
    return on_device(whole, DEVICE).eval()


def forward_pass(module: torch.nn.Module, images: torch.Tensor, recipe: Recipe) -> None:
    """Run a bare network once over images in memory."""
    with torch.inference_mode(), autocast(DEVICE, recipe.precision):
        for batch in torch.split(images, BATCH):
            module(batch.to(DEVICE)).float().cpu()


def feature_extractor(options: RunOptions, images: Images, pixels: Pixels, model: str) -> None:
    recipe = recipe_of(options, images, model, "feature-extractor")
    module, in_memory = bare_network(recipe), torch.from_numpy(pixels.array.copy())
    forward_pass(module, in_memory[:BATCH], recipe)
    start_up = seconds(lambda: bare_network(recipe))
    ratios, bare, whole = [], [], []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as cache:
            os.environ["TRACKER_CACHE"] = cache
            bare.append(seconds(lambda: forward_pass(module, in_memory, recipe)))
            whole.append(seconds(lambda: train(recipe, images, pixels, Silent(), device=DEVICE)))
        ratios.append(whole[-1] / bare[-1])
    print(
        f"(a) {model} feature extractor, {EPOCHS} epochs, {recipe.precision}: "
        f"{statistics.median(whole):.1f} s; one bare forward pass {statistics.median(bare):.1f} s; "
        f"building the network {start_up:.1f} s; "
        f"ratio {statistics.median(ratios):.3f} (runs: {', '.join(f'{ratio:.3f}' for ratio in ratios)})"
    )


def stored_features(folder: Path, model: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        environment = os.environ | {"TRACKER_CACHE": f"{place}/cache"}
        command = [sys.executable, "-m", "tracker", "run", "--dataset", "folder", "--data", str(folder)]
        command += ["--model", model, "--mode", "feature-extractor", "--weights", "none", "--seed", "0"]
        took = []
        for experiment in ("first", "second", "third"):
            arguments = [*command, "--experiment", experiment]
            start = time.perf_counter()
            subprocess.run(arguments, cwd=place, env=environment, check=True, stdout=subprocess.DEVNULL)
            took.append(time.perf_counter() - start)
    print(
        f"(b) {model} feature extractor, the whole command: features computed {took[0]:.1f} s, "
        f"found {took[1]:.1f} s and {took[2]:.1f} s"
    )


def fine_tuning(options: RunOptions, images: Images, pixels: Pixels, model: str) -> None:
    recipe = recipe_of(options, images, model, "fine-tuning")
    # Nothing is held out: an evaluation is no step.
    parts = {"train": images.split.indexes(images.manifest)["train"][: STEPS * BATCH]}
    examples = Examples.of(pixel_store(pixels), images.manifest.labels, parts)
    network = build_network(model, weights="none", classes=2, seed=0)
    training = Training(cut_network(network, "fine-tuning").tail, examples, recipe, device=DEVICE)
    plain = bare_steps(recipe, network.mean, network.std)
    ours: list[float] = []
    bare: list[float] = []
    for number in range(ROUNDS + 1):
        # Whoever comes second finds another's numbers in the processor's caches.
        for work, costs in ((training.run_epoch, ours), (plain, bare))[:: 1 if number % 2 else -1]:
            costs.append(cost(work))
    ratios = sorted(mine / other for mine, other in zip(ours[1:], bare[1:], strict=True))
    quarter = len(ratios) // 4
    print(
        f"(c) {model} fine-tuning, {recipe.precision}, {ROUNDS} times {STEPS} steps of {BATCH}: "
        f"{1e3 * statistics.median(ours[1:]) / STEPS:.0f} ms a step; "
        f"bare {1e3 * statistics.median(bare[1:]) / STEPS:.0f} ms; ratio {statistics.median(ratios):.3f} "
        f"(half of them {ratios[quarter]:.3f} to {ratios[-1 - quarter]:.3f})"
    )


def bare_steps(
    recipe: Recipe, mean: tuple[float, float, float], std: tuple[float, float, float]
) -> Callable[[], None]:
    """Return plain training steps over normalized float images that lie in memory already."""
    network = build_network(recipe.model, weights="none", classes=2, seed=0).module
    module = on_device(network, DEVICE).train()
    optimizer = torch.optim.SGD(module.parameters(), recipe.lr, recipe.momentum, weight_decay=1e-4)
    pixels = torch.randint(0, 256, (BATCH, recipe.image_size, recipe.image_size, 1), dtype=torch.uint8)
    images = Intake(mean, std)(pixels).contiguous(memory_format=torch.channels_last).to(DEVICE)
    labels = (torch.arange(BATCH) % 2).to(DEVICE)

    def steps() -> None:
        for _ in range(STEPS):
            with autocast(DEVICE, recipe.precision):
                loss = F.cross_entropy(module(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        loss.item()

    return steps


def decoding(images: Images) -> None:
    shares, speeds = [], []
    for size in (224, 225, 226):
        with tempfile.TemporaryDirectory() as cache:
            os.environ["TRACKER_CACHE"] = cache
            wall, processor = time.perf_counter(), time.process_time()
            build_pixels(images.manifest, image_size=size, resize="stretch")
            shares.append((time.process_time() - processor) / (time.perf_counter() - wall))
            speeds.append(len(images.manifest.samples) / (time.perf_counter() - wall))
    print(
        f"(d) decoding: {statistics.median(speeds):.0f} images/s, "
        f"{statistics.median(shares):.2f} of {usable_cores()} cores busy"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="resnet152")
    parser.add_argument("--fine-tuning-model", default="resnet18")
    given = parser.parse_args()
    options = read_options({"dataset": "folder", "data": given.folder, "weights": "none", "epochs": EPOCHS})
    images = find_images(options)
    print(f"{len(images.manifest.samples)} images, {torch.get_num_threads()} threads, {DEVICE}")
    decoding(images)
    with tempfile.TemporaryDirectory() as cache:
        os.environ["TRACKER_CACHE"] = cache
        pixels = build_pixels(images.manifest, image_size=224, resize="stretch")
        fine_tuning(options, images, pixels, given.fine_tuning_model)
        feature_extractor(options, images, pixels, given.model)
    stored_features(given.folder, given.model)


if __name__ == "__main__":
    main()
