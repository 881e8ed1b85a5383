"""What the bundled weights are worth: feature extractors with them, and the same networks at random.

    python -m benchmarks.bundled phantom
    python -m benchmarks.bundled folder --data FOLDER --patient-pattern '^[0-9]+'

Cross-validation in five folds that keep a patient's images together, repeated with other folds and other
random weights. Both kinds of weights are treated alike: within each fold's training images, a fifth (again by
patient) chooses the learning rate by its loss; a fifth never seen is predicted. Prints lines for docs/log.md.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from tracker.data.folds import make_folds
from tracker.data.manifest import Manifest
from tracker.data.pixels import build_pixels
from tracker.data.split import Split
from tracker.images import find_images
from tracker.models.minis import MINIS
from tracker.one_run import lay_out
from tracker.options import RunOptions
from tracker.reading import read_options
from tracker.training.heads import Heads, linear_head
from tracker.training.loop import Examples

FOLDS, EPOCHS = 5, 40
RATES = [10 ** (exponent / 2) for exponent in range(-8, 1)]


def everything(manifest: Manifest, rows: Sequence[int]) -> Split:
    """Return a split whose training part is these images, for folds to be made of."""
    ids = tuple(manifest.samples[row].id for row in rows)
    others = tuple(sorted({sample.id for sample in manifest.samples} - set(ids)))
    return Split({"train": ids, "val": (), "test": others}, "folds", 0)


def accuracies(options: RunOptions, manifest: Manifest, model: str, weights: str, repeat: int) -> list[float]:
    """Return the accuracy of each fold, in percent."""
    pixels = build_pixels(manifest, image_size=options.image_size, resize=options.resize)
    base = options.recipe(
        model=model, mode="feature-extractor", seed=repeat, split="folds", precision="fp32"
    ).model_copy(update={"weights": weights, "epochs": EPOCHS})
    bench = lay_out(base, len(manifest.classes), pixels, device=torch.device("cpu"))
    head = linear_head(bench.cut.tail)
    assert head is not None
    recipes = [base.model_copy(update={"lr": rate}) for rate in RATES]
    found = []
    outer = everything(manifest, range(len(manifest.samples)))
    for fold in make_folds(manifest, outer, FOLDS, seed=repeat):
        inner = make_folds(manifest, everything(manifest, fold["train"]), FOLDS, seed=repeat)[0]
        parts = {**inner, "test": fold["val"]}
        heads = Heads(
            head, Examples.of(bench.store, manifest.labels, parts), recipes, device=torch.device("cpu")
        )
        for _ in range(EPOCHS):
            measured = heads.run_epoch()
        best = int(np.nanargmin(measured["val/loss"].numpy()))
        found.append(100 * float(measured["test/accuracy"][best]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("dataset")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--patient-pattern")
    parser.add_argument("--repeats", type=int, default=5)
    given = vars(parser.parse_args())
    repeats = given.pop("repeats")
    options = read_options(given)
    manifest = find_images(options).manifest
    for model in MINIS:
        means = {
            weights: [
                statistics.fmean(accuracies(options, manifest, model, weights, repeat))
                for repeat in range(repeats)
            ]
            for weights in ("bundled", "none")
        }
        gains = [a - b for a, b in zip(means["bundled"], means["none"], strict=True)]
        print(
            f"| {options.dataset} | {model} | {statistics.fmean(means['bundled']):.1f} "
            f"| {statistics.fmean(means['none']):.1f} | {statistics.fmean(gains):+.1f} "
            f"({min(gains):+.1f} to {max(gains):+.1f}) |",
            flush=True,
        )


if __name__ == "__main__":
    main()
