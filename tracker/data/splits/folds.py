"""Folds: training and validation images taken together and divided anew, the test part left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tracker.data.manifest import Manifest
from tracker.data.splits.division import divide
from tracker.data.splits.groups import group_numbers
from tracker.data.splits.split import Split
from tracker.errors import DataError
from tracker.records import Part

Rows = Mapping[Part, Sequence[int]]


def make_folds(manifest: Manifest, split: Split, count: int, *, seed: int) -> list[Rows]:
    """Divide the images of training and validation into folds; each validates once, and trains otherwise.

    Classes are in the same proportions everywhere, as nearly as patients allow: all images of a patient, and
    files with the same content, are in one fold.

    Args:
        manifest: The images.
        split: Their split; its test part is in no fold.
        count: How many folds, 2 or more.
        seed: Of the draw.

    Returns:
        Of each fold the places in the manifest, ascending: `train` and `val`, and no `test`.

    Raises:
        DataError: A fold would have a part without one of the classes.
    """
    parts = split.indexes(manifest)
    rows = sorted([*parts["train"], *parts["val"]])
    numbers = group_numbers(manifest)
    groups = [numbers[row] for row in rows]
    if len(set(groups)) < count:
        raise _too_many(count, f"there are {len(set(groups))} patients (or images without one)")
    fold_of = divide([manifest.labels[row] for row in rows], groups, count, seed=seed)
    drawn = [_rows(rows, fold_of, fold) for fold in range(count)]
    for part in (part for fold in drawn for part in fold.values()):
        if len({manifest.labels[row] for row in part}) < len(manifest.classes):
            raise _too_many(count, "a fold lacks one of the classes")
    return drawn


def _rows(rows: Sequence[int], fold_of: Sequence[int], fold: int) -> Rows:
    """Return what trains and what validates where a fold is left out."""
    pairs = list(zip(rows, fold_of, strict=True))
    return {
        "train": [row for row, its in pairs if its != fold],
        "val": [row for row, its in pairs if its == fold],
    }


def _too_many(count: int, found: str) -> DataError:
    return DataError(
        f"{count} folds must each have images of every class, to train and to validate",
        but=found,
        do="Ask for fewer --tune-folds.",
    )
