"""Folds keep the test part out, patients together and classes in proportion."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tracker.data.manifest import Manifest, Sample
from tracker.data.splits.folds import make_folds
from tracker.data.splits.split import make_split
from tracker.errors import DataError


def manifest_of(patients: int, images: int) -> Manifest:
    """Patients of two classes, every one with some images."""
    samples = [
        Sample(
            f"{p:03}_{i}.png", Path(f"/{p:03}_{i}.png"), ("healthy", "sick")[p % 2], f"P{p}", None, f"{p}-{i}"
        )
        for p in range(patients)
        for i in range(images)
    ]
    return Manifest("folder", Path("/"), tuple(samples))


@pytest.fixture
def manifest() -> Manifest:
    return manifest_of(60, 3)


def test_each_image_of_training_and_validation_validates_once_and_no_image_of_the_test(
    manifest: Manifest,
) -> None:
    split = make_split(manifest, "0.7/0.1/0.2", seed=0)
    parts = split.indexes(manifest)
    folds = make_folds(manifest, split, 5, seed=0)
    validating = sorted(row for fold in folds for row in fold["val"])
    assert validating == sorted([*parts["train"], *parts["val"]])
    for fold in folds:
        assert sorted([*fold["train"], *fold["val"]]) == validating
        assert set(fold) == {"train", "val"}


def test_a_patient_is_never_on_both_sides_of_a_fold(manifest: Manifest) -> None:
    split = make_split(manifest, "0.7/0.1/0.2", seed=0)
    for fold in make_folds(manifest, split, 5, seed=0):
        train, val = ({manifest.samples[row].patient for row in fold[part]} for part in ("train", "val"))
        assert not train & val


def test_classes_are_in_proportion_in_every_fold(manifest: Manifest) -> None:
    split = make_split(manifest, "0.7/0.1/0.2", seed=0)
    for fold in make_folds(manifest, split, 4, seed=0):
        counts = Counter(manifest.samples[row].label for row in fold["val"])
        assert abs(counts["healthy"] - counts["sick"]) <= 3


def test_another_seed_draws_other_folds_and_the_same_seed_the_same(manifest: Manifest) -> None:
    split = make_split(manifest, "0.7/0.1/0.2", seed=0)
    first, again, other = (make_folds(manifest, split, 5, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_more_folds_than_there_are_patients_of_a_class_are_refused() -> None:
    manifest = manifest_of(12, 2)
    split = make_split(manifest, "0.5/0.25/0.25", seed=0)
    with pytest.raises(DataError, match="fewer --tune-folds"):
        make_folds(manifest, split, 8, seed=0)
    with pytest.raises(DataError, match="20 folds"):
        make_folds(manifest, split, 20, seed=0)
