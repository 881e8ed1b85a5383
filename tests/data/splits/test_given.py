"""A test part that images came with stays what it is; validation is drawn out of training where it lacks."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tracker.data.manifest import Manifest, Sample, build_manifest
from tracker.data.splits.folds import make_folds
from tracker.data.splits.given import given_parts
from tracker.data.splits.report import split_report
from tracker.data.splits.rule import default_rule
from tracker.data.splits.split import make_split
from tracker.data.splits.validation import draw_validation
from tracker.errors import DataError, TrackerError, UsageError
from tracker.records import Part

ClassFolders = Callable[..., Path]
MakeManifest = Callable[..., Manifest]


def rows(part: str, patients: range, images: int = 1) -> list[tuple[str, ...]]:
    """Rows of patients that alternate between two classes."""
    return [("ab"[patient % 2], f"p{patient}", part) for patient in patients for _ in range(images)]


@pytest.fixture
def without_val(make_manifest: MakeManifest) -> Manifest:
    """265 training images of 53 patients and 66 test images: half the reference study, without validation."""
    return make_manifest([*rows("train", range(53), 5), *rows("test", range(100, 166))])


def ids_of(manifest: Manifest, part: str) -> set[str]:
    return {sample.id for sample in manifest.samples if sample.part == part}


@pytest.mark.parametrize("seed", range(5))
def test_validation_is_drawn_from_train_by_patient_and_the_test_part_stays(
    without_val: Manifest, seed: int
) -> None:
    split = make_split(without_val, "given", seed=seed)
    assert set(split.parts["test"]) == ids_of(without_val, "test")
    assert {*split.parts["train"], *split.parts["val"]} == ids_of(without_val, "train")
    patient = {sample.id: sample.patient for sample in without_val.samples}
    assert not {patient[name] for name in split.parts["train"]} & {
        patient[name] for name in split.parts["val"]
    }
    label = {sample.id: sample.label for sample in without_val.samples}
    counts = Counter(label[name] for name in split.parts["val"])
    assert split.counts["val"] == pytest.approx(22, abs=3), "44 of 530 in the reference study"
    assert abs(counts["a"] - counts["b"]) <= 5


def test_the_seed_decides_which_images_validate(without_val: Manifest) -> None:
    first, again, other = (make_split(without_val, "given", seed=seed) for seed in (0, 0, 1))
    assert first.digest == again.digest != other.digest
    assert first.parts["test"] == other.parts["test"]


def test_without_patients_the_number_is_that_of_the_reference_study(make_manifest: MakeManifest) -> None:
    train = [(label, None, "train") for label in "ab" for _ in range(265)]
    split = make_split(make_manifest([*train, ("a", None, "test"), ("b", None, "test")]), "given", seed=0)
    assert split.counts == {"train": 486, "val": 44, "test": 2}


def test_the_draw_takes_no_more_for_an_image_the_more_there_are() -> None:
    # The least of three: the processor's time, too, is longer where others use its cache.
    few, many = (min(draw_seconds(images) for _ in range(3)) for images in (3_000, 24_000))
    assert many < 4 * 8 * few, "eight times the images; their square is sixty-four"


def draw_seconds(images: int) -> float:
    parts: list[Part] = ["test", "train", "train", "train", "train"]
    samples = tuple(
        Sample(f"{place}.png", Path(), "ab"[place % 2], None, parts[place % 5], f"{place}")
        for place in range(images)
    )
    manifest = Manifest("folder", Path(), samples)
    part_of = given_parts(manifest)
    training = [place for place, sample in enumerate(manifest.samples) if part_of[sample.id] == "train"]
    began = time.process_time()
    draw_validation(manifest, training, shares=(486, 44), seed=0, do="")
    return time.process_time() - began


def test_copies_of_an_image_are_not_drawn_apart(make_manifest: MakeManifest) -> None:
    train = [(label, None, "train", content) for label, content in ("ac", "bd", "ae", "bf") for _ in range(3)]
    manifest = make_manifest([*train, ("a", None, "test"), ("b", None, "test")])
    for seed in range(10):
        validating = set(make_split(manifest, "given", seed=seed).parts["val"])
        content = [sample.sha256 for sample in manifest.samples if sample.id in validating]
        assert set(Counter(content).values()) == {3}


def test_the_plan_and_the_table_say_what_was_drawn(without_val: Manifest) -> None:
    split = make_split(without_val, "given", seed=0)
    assert "val is drawn from train, which came without; test stays as it came" in split_report(
        without_val, split
    )
    table = list(csv.DictReader(split.to_csv(without_val).splitlines()))
    assert Counter((row["part"], row["given"]) for row in table) == {
        ("train", "train"): split.counts["train"],
        ("val", "train"): split.counts["val"],
        ("test", "test"): 66,
    }


def test_a_whole_given_split_is_what_it_was(make_manifest: MakeManifest) -> None:
    manifest = make_manifest(
        [*rows("train", range(4)), *rows("val", range(10, 12)), *rows("test", range(20, 22))]
    )
    split = make_split(manifest, "given", seed=7)
    assert split.digest == "65f26747e1bdcbcf90333db2147a89adbde6b5e4e7a6853b224488e3ac002052"
    assert split.to_csv(manifest).splitlines()[0] == "sample,part,label,patient,sha256"
    assert len(split_report(manifest, split)) == 3


@pytest.mark.parametrize("rule", ["0.7/0.1/0.2", "265/22/44", "1/1/1"])
@pytest.mark.parametrize("with_val", [True, False])
def test_no_rule_draws_across_a_given_test_part(
    make_manifest: MakeManifest, rule: str, with_val: bool
) -> None:
    val = rows("val", range(60, 70)) if with_val else []
    manifest = make_manifest([*rows("train", range(50), 5), *val, *rows("test", range(100, 166))])
    with pytest.raises(UsageError, match=f"--split {rule} would draw anew across its 66 images"):
        make_split(manifest, rule, seed=0)


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        (["train", "val"], "must have a test part, but there are 8 train, 8 val alone"),
        (["train"], "must have a test part, but there are 8 train alone"),
        (["val", "test"], "must have training images, but there are 8 val, 8 test alone"),
        (["test"], "must have training images, but there are 8 test alone"),
    ],
)
def test_parts_that_lack_are_named(make_manifest: MakeManifest, parts: list[str], complaint: str) -> None:
    manifest = make_manifest(
        [row for place, part in enumerate(parts) for row in rows(part, range(place * 10, place * 10 + 8))]
    )
    with pytest.raises(DataError, match=complaint):
        make_split(manifest, "given", seed=0)


def test_without_a_given_test_part_all_may_be_drawn_anew(make_manifest: MakeManifest) -> None:
    manifest = make_manifest([*rows("train", range(20)), *rows("val", range(20, 30))])
    assert make_split(manifest, "20/4/6", seed=0).counts == {"train": 20, "val": 4, "test": 6}


WRONG = {
    "a patient": [("a", "p0", "test")],
    "a copy": [("a", "p0", "train", "c"), ("a", "p9", "test", "c")],
    "a class that the test lacks": [("c", "p70", "train"), ("c", "p71", "train")],
    "a class that only the test has": [("c", "p70", "test")],
    "an image without a part": [("a", "p70")],
    "a class of one patient": [("c", "p70", "train"), ("c", "p70", "train"), ("c", "p71", "test")],
}


@pytest.mark.parametrize("wrong", WRONG)
def test_no_advice_draws_across_a_given_test_part(make_manifest: MakeManifest, wrong: str) -> None:
    manifest = make_manifest([*rows("train", range(20)), *rows("test", range(30, 40)), *WRONG[wrong]])
    with pytest.raises(TrackerError) as caught:
        make_split(manifest, "given", seed=0)
    assert "0.7/0.1/0.2" not in str(caught.value)
    assert "draw" not in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (
            "a class of one patient",
            "training images of two patients or more, to validate as well, but c has one",
        ),
        ("a class that the test lacks", r"test has no c\. Add images of it to that part"),
        ("a class that only the test has", r"train has no c\. Add images"),
    ],
)
def test_classes_that_a_given_part_lacks_are_named(
    make_manifest: MakeManifest, wrong: str, complaint: str
) -> None:
    manifest = make_manifest([*rows("train", range(20)), *rows("test", range(30, 40)), *WRONG[wrong]])
    with pytest.raises(DataError, match=complaint):
        make_split(manifest, "given", seed=0)


def test_all_that_is_wrong_with_given_parts_is_told_at_once(make_manifest: MakeManifest) -> None:
    wrong = [
        row
        for rows_ in (WRONG["a patient"], WRONG["a copy"], WRONG["a class that the test lacks"])
        for row in rows_
    ]
    manifest = make_manifest([*rows("train", range(20)), *rows("test", range(30, 40)), *wrong])
    with pytest.raises(DataError, match="3 things are wrong"):
        make_split(manifest, "given", seed=0)


def test_folds_of_a_given_split_have_no_test_images(without_val: Manifest) -> None:
    split = make_split(without_val, "given", seed=0)
    test = set(split.indexes(without_val)["test"])
    for fold in make_folds(without_val, split, 5, seed=0):
        assert not test & {*fold["train"], *fold["val"]}


def test_no_test_image_trains_where_the_parts_lie_below_the_classes(class_folders: ClassFolders) -> None:
    sizes = {f"{label}/{part}": n for label in ("normal", "tb") for part, n in (("train", 20), ("test", 8))}
    manifest = build_manifest("folder", class_folders(sizes))
    split = make_split(manifest, default_rule(manifest), seed=0)
    assert split.rule == "given"
    assert split.counts == {"train": 37, "val": 3, "test": 16}
    assert {name.split("/")[1] for name in split.parts["test"]} == {"test"}
