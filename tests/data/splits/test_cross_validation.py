"""Every image is tested once in each repeat, by networks that never saw its patient."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from tracker.data.manifest import Manifest
from tracker.data.splits.checks import class_table
from tracker.data.splits.cross_validation import CrossValidation, cross_validation
from tracker.data.splits.report import folds_report
from tracker.data.splits.split import Split
from tracker.errors import DataError, UsageError
from tracker.records import PARTS

MakeManifest = Callable[..., Manifest]


def of_patients(make_manifest: MakeManifest, patients: int = 60) -> Manifest:
    """Patients of one to six images, every fifth with images of both classes."""
    draw = random.Random(3)
    rows = []
    for number in range(patients):
        labels = "ab" if number % 5 == 0 else "ab"[number % 2]
        rows += [(labels[i % len(labels)], f"p{number}") for i in range(draw.randint(1, 6))]
    return make_manifest(rows)


def patients_of(manifest: Manifest, names: Sequence[str]) -> set[str | None]:
    return {sample.patient for sample in manifest.samples if sample.id in set(names)}


def names_tested(splits: Sequence[Split]) -> list[str]:
    return sorted(name for split in splits for name in split.parts["test"])


@pytest.mark.parametrize("folds", [2, 3, 5])
def test_every_image_is_tested_once_and_never_beside_its_patient(
    make_manifest: MakeManifest, folds: int
) -> None:
    manifest = of_patients(make_manifest)
    for repeat in range(3):
        splits = cross_validation(manifest, "0.7/0.1/0.2", folds=folds, repeat=repeat, seed=0)
        assert len(splits) == folds
        assert names_tested(splits) == [sample.id for sample in manifest.samples]
        for split in splits:
            assert sum(split.counts.values()) == len(manifest.samples)
            train, val, test = (patients_of(manifest, split.parts[part]) for part in PARTS)
            assert len(train | val | test) == len(train) + len(val) + len(test)


def test_folds_and_parts_have_the_classes_in_proportion(make_manifest: MakeManifest) -> None:
    manifest = make_manifest([("a",)] * 326 + [("b",)] * 336)
    for split in cross_validation(manifest, "486/44/132", folds=5, repeat=0, seed=0):
        table = class_table(manifest, split.part_of)
        assert table["test"]["a"] in (65, 66)
        assert table["test"]["b"] in (67, 68)
        assert split.counts["val"] == 44
        assert table["val"]["a"] in (21, 22)


def test_validation_has_the_share_that_the_rule_gives_it_beside_training(make_manifest: MakeManifest) -> None:
    manifest = make_manifest([("a",), ("b",)] * 100)
    for rule in ("0.6/0.2/0.2", "60/20/120", "0.3/0.1/0.6"):
        splits = cross_validation(manifest, rule, folds=4, repeat=0, seed=0)
        assert [split.counts["val"] for split in splits] == [37] * 4, rule


def test_another_repeat_and_another_seed_are_other_folds_and_the_same_ones_the_same(
    make_manifest: MakeManifest,
) -> None:
    manifest = of_patients(make_manifest)

    def drawn(**given: int) -> str:
        chosen = {"folds": 3, "repeat": 0, "seed": 0, **given}
        return str([split.parts for split in cross_validation(manifest, "0.7/0.1/0.2", **chosen)])

    several = [drawn(), drawn(repeat=1), drawn(seed=1), drawn(repeat=2), drawn(folds=4)]
    assert len(set(several)) == 5
    assert drawn() == several[0]


def test_copies_of_an_image_are_in_one_fold(make_manifest: MakeManifest) -> None:
    manifest = make_manifest([(label, None, None, content) for label, content in ("ac", "bd") for _ in "xy"])
    manifest = make_manifest([*((s.label, None, None, s.sha256[0]) for s in manifest.samples), *IMAGES])
    for split in cross_validation(manifest, "0.7/0.1/0.2", folds=3, repeat=0, seed=0):
        assert len({split.part_of[name] for name in ("00000.png", "00001.png")}) == 1
        assert len({split.part_of[name] for name in ("00002.png", "00003.png")}) == 1


IMAGES = [("a",), ("b",)] * 10


def test_the_digest_of_all_folds_is_the_same_however_often_they_are_repeated(
    make_manifest: MakeManifest,
) -> None:
    manifest = make_manifest(IMAGES)
    once, twice = (CrossValidation(manifest, "0.7/0.1/0.2", folds=3, seed=0) for _ in "xy")
    twice.splits(1)
    assert once.digest == twice.digest
    assert once.digest != CrossValidation(manifest, "0.7/0.1/0.2", folds=4, seed=0).digest
    assert once.digest != CrossValidation(manifest, "0.7/0.1/0.2", folds=3, seed=1).digest


def test_images_that_came_with_a_test_part_are_not_divided_into_folds(make_manifest: MakeManifest) -> None:
    given = make_manifest([(label, None, part) for part in ("train", "test") for label in "abababab"])
    with pytest.raises(UsageError, match=r"--folds would have networks train on its 8 images.*--tune-folds"):
        cross_validation(given, "given", folds=3, repeat=0, seed=0)
    others = make_manifest([(label, None, part) for part in ("train", "val") for label in "abababab"])
    with pytest.raises(UsageError, match=r"came with parts of their own.*--split 0\.7/0\.1/0\.2"):
        cross_validation(others, "given", folds=3, repeat=0, seed=0)
    assert len(cross_validation(others, "0.7/0.1/0.2", folds=3, repeat=0, seed=0)) == 3


@pytest.mark.parametrize(("images", "folds"), [(3, 2), (4, 5), (2, 3)])
def test_more_folds_than_a_class_has_patients_are_refused(
    make_manifest: MakeManifest, images: int, folds: int
) -> None:
    manifest = make_manifest([*IMAGES, *[("c",)] * images])
    with pytest.raises(DataError, match=f"but c has {images}.*fewer --folds"):
        cross_validation(manifest, "0.7/0.1/0.2", folds=folds, repeat=0, seed=0)


def test_few_patients_are_divided_into_parts_that_have_every_class(make_manifest: MakeManifest) -> None:
    for a, b, folds in [(4, 4, 2), (3, 3, 3), (20, 3, 3), (5, 9, 5), (10, 10, 10)]:
        manifest = make_manifest([("a",)] * a + [("b",)] * b)
        for split in cross_validation(manifest, "0.7/0.1/0.2", folds=folds, repeat=0, seed=0):
            assert all(all(its.values()) for its in class_table(manifest, split.part_of).values())


def test_the_plan_says_what_a_fold_has(make_manifest: MakeManifest) -> None:
    manifest = make_manifest([("a",)] * 326 + [("b",)] * 336)
    splits = cross_validation(manifest, "486/44/132", folds=5, repeat=0, seed=0)
    assert folds_report(manifest, splits) == [
        "train: 485 to 486 images (238 to 239 a, 246 to 247 b)",
        "val: 44 images (22 a, 22 b)",
        "test: 132 to 133 images (65 to 66 a, 67 to 68 b)",
    ]
