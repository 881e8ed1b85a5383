"""What the bundled weights are worth: feature extractors with them, and the same networks at random.

    python -m benchmarks.bundled phantom
    python -m benchmarks.bundled folder --data FOLDER --patient-pattern '^[0-9]+'

Cross-validation in five folds that keep a patient's images together, repeated with other folds and other
random weights. Both kinds of weights are treated alike: within each fold's training images, a fifth (again by
patient) chooses how the last layer is fitted, by its loss; a fifth never seen is predicted. The last layer is
fitted twice: as `tracker run` does it, with the best of nine learning rates, and as a logistic regression on
standardized features with the best of five penalties, which forgives badly scaled features. Prints lines for
docs/log.md.
"""

from __future__ import annotations

import argparse
import statistics
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tracker.config.loading import read_options
from tracker.config.options import RunOptions
from tracker.data.manifest import Manifest
from tracker.data.pixels import build_pixels
from tracker.data.splits.folds import make_folds
from tracker.data.splits.split import Split
from tracker.models.minis import MINIS
from tracker.records import Part
from tracker.runs.images import find_images
from tracker.runs.prepared_network import PreparedNetwork, prepare_network
from tracker.training.examples import Examples
from tracker.training.heads import Heads, linear_head

FOLDS, EPOCHS = 5, 40
RATES = [10 ** (exponent / 2) for exponent in range(-8, 1)]
PENALTIES = [10.0**exponent for exponent in range(-4, 1)]

Parts = Mapping[Part, Sequence[int]]
Fit = Callable[[PreparedNetwork, Manifest, Parts], float]
"""Fits a last layer to the training part, chooses by validation, returns the accuracy of the test part."""


def as_tracker_does(prepared: PreparedNetwork, manifest: Manifest, parts: Parts) -> float:
    head = linear_head(prepared.cut.tail)
    assert head is not None
    recipes = [prepared.recipe.model_copy(update={"lr": rate}) for rate in RATES]
    examples = Examples.of(prepared.store, manifest.labels, parts)
    heads = Heads(head, examples, recipes, device=torch.device("cpu"))
    for _ in range(EPOCHS):
        measured = heads.run_epoch()
    best = int(np.nanargmin(measured["val/loss"].numpy()))
    return float(measured["test/accuracy"][best])


def standardized(prepared: PreparedNetwork, manifest: Manifest, parts: Parts) -> float:
    features = prepared.store.batch(torch.arange(len(prepared.store)), torch.device("cpu")).numpy()
    labels = np.array(manifest.labels)
    x, y = ({part: values[list(rows)] for part, rows in parts.items()} for values in (features, labels))
    models = [
        make_pipeline(StandardScaler(), LogisticRegression(C=penalty, max_iter=5000)).fit(
            x["train"], y["train"]
        )
        for penalty in PENALTIES
    ]
    best = min(models, key=lambda model: log_loss(y["val"], model.predict_proba(x["val"])))
    return float(best.score(x["test"], y["test"]))


def all_of(manifest: Manifest, rows: Sequence[int]) -> Split:
    """Return a split whose training part is these images, for folds to be made of."""
    ids = tuple(manifest.samples[row].id for row in rows)
    others = tuple(sorted({sample.id for sample in manifest.samples} - set(ids)))
    return Split({"train": ids, "val": (), "test": others}, "folds", 0)


def parts_of_folds(manifest: Manifest, seed: int) -> Iterator[Parts]:
    """Yield training, validation and test images of each fold; no patient is in two of them."""
    for fold in make_folds(manifest, all_of(manifest, range(len(manifest.samples))), FOLDS, seed=seed):
        inner = make_folds(manifest, all_of(manifest, fold["train"]), FOLDS, seed=seed)[0]
        yield {**inner, "test": fold["val"]}


def accuracy(
    options: RunOptions, manifest: Manifest, model: str, weights: str, seed: int
) -> dict[Fit, float]:
    """Return the mean accuracy over the folds, in percent, of each way to fit the last layer."""
    pixels = build_pixels(manifest, image_size=options.image_size, resize=options.resize)
    recipe = options.recipe(
        model=model, mode="feature-extractor", seed=seed, split="folds", precision="fp32"
    ).model_copy(update={"weights": weights, "epochs": EPOCHS})
    prepared = prepare_network(recipe, len(manifest.classes), pixels, device=torch.device("cpu"))
    folds = list(parts_of_folds(manifest, seed))
    return {
        fit: statistics.fmean(100 * fit(prepared, manifest, parts) for parts in folds)
        for fit in (as_tracker_does, standardized)
    }


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
    warnings.simplefilter("ignore")
    for model in MINIS:
        with_, without = (
            [accuracy(options, manifest, model, weights, seed) for seed in range(repeats)]
            for weights in ("bundled", "none")
        )
        for fit in (as_tracker_does, standardized):
            ours, random = [found[fit] for found in with_], [found[fit] for found in without]
            gains = [a - b for a, b in zip(ours, random, strict=True)]
            print(
                f"| {options.dataset} | {model} | {fit.__name__.replace('_', ' ')} "
                f"| {statistics.fmean(ours):.1f} | {statistics.fmean(random):.1f} "
                f"| {statistics.fmean(gains):+.1f} ({min(gains):+.1f} to {max(gains):+.1f}) |",
                flush=True,
            )


if __name__ == "__main__":
    main()
