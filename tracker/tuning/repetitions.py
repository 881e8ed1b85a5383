"""The trainings that each trial of a study is the mean of: seeds, and folds of training and validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracker.config.options import RunOptions
from tracker.data.splits.folds import Rows, make_folds
from tracker.runs.images import Images


@dataclass(frozen=True)
class Repetition:
    """One of the trainings that a trial is the mean of.

    Attributes:
        seed: Of the new layer, the data order and dropout.
        rows: The images that train and that validate; no test part.
    """

    seed: int
    rows: Rows


def repetitions(options: RunOptions, images: Images) -> list[Repetition]:
    """Return what each trial is trained on: every seed, on the split's own parts or on every fold.

    Raises:
        DataError: If the images are too few for the folds.
    """
    parts = images.split.indexes(images.manifest)
    folds: Sequence[Rows] = [{"train": parts["train"], "val": parts["val"]}]
    if options.tune_folds is not None:
        folds = make_folds(images.manifest, images.split, options.tune_folds, seed=images.split.seed)
    return [Repetition(seed, rows) for seed in range(options.tune_seeds) for rows in folds]
