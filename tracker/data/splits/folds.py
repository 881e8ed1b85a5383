"""Folds: training and validation images taken together and divided anew, the test part left alone."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from tracker.data.manifest import Manifest
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
    rows = np.array(sorted([*parts["train"], *parts["val"]]))
    labels = np.array(manifest.labels)[rows]
    groups = np.array(group_numbers(manifest))[rows]
    if len(set(groups)) < count:
        raise _too_many(count, f"there are {len(set(groups))} patients (or images without one)")
    with warnings.catch_warnings():
        # What it warns of is refused below.
        warnings.simplefilter("ignore", UserWarning)
        draw = StratifiedGroupKFold(n_splits=count, shuffle=True, random_state=seed)
        try:
            drawn = list(draw.split(rows, labels, groups))
        except ValueError as error:
            raise _too_many(count, str(error)) from None
    for part in (part for fold in drawn for part in fold):
        if len(set(labels[part])) < len(manifest.classes):
            raise _too_many(count, "a fold lacks one of the classes")
    return [{"train": rows[train].tolist(), "val": rows[val].tolist()} for train, val in drawn]


def _too_many(count: int, found: str) -> DataError:
    return DataError(
        f"{count} folds must each have images of every class, to train and to validate",
        but=found,
        do="Ask for fewer --tune-folds.",
    )
