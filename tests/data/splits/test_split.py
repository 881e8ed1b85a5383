from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
from collections.abc import Callable

import pytest

from tracker.data.manifest import Manifest
from tracker.data.splits.report import split_report
from tracker.data.splits.split import make_split
from tracker.errors import DataError, UsageError

MakeManifest = Callable[..., Manifest]


@pytest.fixture
def patients_662(make_manifest: MakeManifest) -> Manifest:
    """As many images as the reference study has, of patients with 1 to 12 images, some in both classes."""
    rng = random.Random(0)
    patients = [patient for patient in range(461) for _ in range(rng.choice([1, 1, 1, 1, 1, 2, 2, 3, 12]))]
    chosen = [*range(461), *patients][:662]
    labels = ["normal"] * 326 + ["tb"] * 336
    rng.shuffle(labels)
    return make_manifest([(label, f"p{patient}") for label, patient in zip(labels, chosen, strict=True)])


def class_counts(manifest: Manifest, rule: str, seed: int = 0) -> dict[str, dict[str, int]]:
    split = make_split(manifest, rule, seed=seed)
    return {
        part: {
            name: sum(
                sample.label == name and split.part_of[sample.id] == part for sample in manifest.samples
            )
            for name in manifest.classes
        }
        for part in split.parts
    }


@pytest.mark.parametrize("seed", range(5))
def test_counts_are_exact_and_stratified_without_patients(make_manifest: MakeManifest, seed: int) -> None:
    manifest = make_manifest([("normal",)] * 326 + [("tuberculosis",)] * 336)
    assert class_counts(manifest, "486/44/132", seed) == {
        "train": {"normal": 239, "tuberculosis": 247},
        "val": {"normal": 22, "tuberculosis": 22},
        "test": {"normal": 65, "tuberculosis": 67},
    }


@pytest.mark.parametrize("seed", range(5))
def test_patients_stay_together_and_counts_hold_within_two(patients_662: Manifest, seed: int) -> None:
    split = make_split(patients_662, "486/44/132", seed=seed)
    parts_of_patient: dict[str | None, set[str]] = {}
    for sample in patients_662.samples:
        parts_of_patient.setdefault(sample.patient, set()).add(split.part_of[sample.id])
    assert all(len(parts) == 1 for parts in parts_of_patient.values())
    for part, asked in {"train": (239, 247), "val": (22, 22), "test": (65, 67)}.items():
        got = class_counts(patients_662, "486/44/132", seed)[part]
        assert all(abs(got[name] - count) <= 2 for name, count in zip(("normal", "tb"), asked, strict=True))


def test_every_image_is_in_exactly_one_part(patients_662: Manifest) -> None:
    split = make_split(patients_662, "0.6/0.2/0.2", seed=1)
    ids = [name for part in split.parts.values() for name in part]
    assert sorted(ids) == [sample.id for sample in patients_662.samples]
    assert all(list(part) == sorted(part) for part in split.parts.values())


def test_copies_are_never_separated(make_manifest: MakeManifest) -> None:
    rows = [("a", None, None, None)] * 20 + [("b", None, None, None)] * 20
    rows += [("a", None, None, "e")] * 3 + [("b", None, None, "f")] * 3
    manifest = make_manifest(rows)
    for seed in range(20):
        split = make_split(manifest, "0.5/0.25/0.25", seed=seed)
        for first in (40, 43):
            assert len({split.part_of[f"{number:05d}.png"] for number in range(first, first + 3)}) == 1


def test_the_seed_decides_and_only_the_seed(patients_662: Manifest) -> None:
    digests = [make_split(patients_662, "486/44/132", seed=seed).digest for seed in (3, 3, 4)]
    assert digests[0] == digests[1] != digests[2]


def test_the_split_is_the_same_in_every_process() -> None:
    script = (
        "from pathlib import Path\n"
        "from tracker.data.manifest import Manifest, Sample\n"
        "from tracker.data.splits.split import make_split\n"
        "def sample(n):\n"
        "    return Sample(f'{n:03}', Path('/x'), 'ab'[n % 2], f'p{n // 3}', None, f'{n:064x}')\n"
        "samples = [sample(n) for n in range(90)]\n"
        "print(make_split(Manifest('folder', Path('/'), tuple(samples)), '0.6/0.2/0.2', seed=5).digest)"
    )
    digests = {
        subprocess.check_output(
            [sys.executable, "-c", script], text=True, env=os.environ | {"PYTHONHASHSEED": s}
        )
        for s in ("0", "1", "2")
    }
    assert digests == {"f103dbf71dd4a35f7941741b54782308bb87b8ce229f1cd32664912945360025\n"}


def test_indexes_are_places_in_the_manifest(make_manifest: MakeManifest) -> None:
    manifest = make_manifest([("a",), ("b",)] * 10)
    split = make_split(manifest, "12/4/4", seed=0)
    indexes = split.indexes(manifest)
    assert sorted(place for places in indexes.values() for place in places) == list(range(20))
    for part, places in indexes.items():
        assert tuple(manifest.samples[place].id for place in places) == split.parts[part]
    assert split.counts == {"train": 12, "val": 4, "test": 4}


def test_the_table_has_a_row_an_image(make_manifest: MakeManifest) -> None:
    manifest = make_manifest(
        [("a, or so", f"p,{number // 2}") if number % 2 else ("b",) for number in range(20)]
    )
    split = make_split(manifest, "12/4/4", seed=0)
    rows = list(csv.DictReader(split.to_csv(manifest).splitlines()))
    assert list(rows[0]) == ["sample", "part", "label", "patient", "sha256"]
    assert [row["sample"] for row in rows] == [sample.id for sample in manifest.samples]
    assert [row["part"] for row in rows] == [split.part_of[sample.id] for sample in manifest.samples]
    assert rows[1]["label"] == "a, or so"
    assert rows[1]["patient"] == "p,0"
    assert rows[0]["patient"] == ""
    assert rows[1]["sha256"] == manifest.samples[1].sha256


GIVEN = [(label, None, part) for part in ("train", "val", "test") for label in ("a", "b") for _ in range(2)]


def test_a_given_split_is_kept(make_manifest: MakeManifest) -> None:
    split = make_split(make_manifest(GIVEN), "given", seed=0)
    assert split.counts == {"train": 4, "val": 4, "test": 4}
    assert split.parts["val"] == ("00004.png", "00005.png", "00006.png", "00007.png")


def test_a_given_split_must_name_every_part(make_manifest: MakeManifest) -> None:
    with pytest.raises(DataError, match=r"(?s)2 of 14 images have none.*00012\.png.*00013\.png"):
        make_split(make_manifest([*GIVEN, ("a",), ("b",)]), "given", seed=0)


def test_a_part_without_a_class_is_named(make_manifest: MakeManifest) -> None:
    rows = [row for row in GIVEN if row[:3:2] not in {("b", "val"), ("a", "test")}]
    with pytest.raises(DataError, match="val has no b; test has no a"):
        make_split(make_manifest(rows), "given", seed=0)


def test_too_small_a_part_is_refused(make_manifest: MakeManifest) -> None:
    with pytest.raises(DataError, match=r"val has no [ab]\. Choose a larger part"):
        make_split(make_manifest([("a",), ("b",)] * 10), "15/1/4", seed=0)


def test_a_given_split_that_separates_copies_and_patients_is_refused_with_all_names(
    make_manifest: MakeManifest,
) -> None:
    rows = [
        *GIVEN,
        ("a", None, "train", "c"),
        ("a", None, "test", "c"),
        ("b", "p7", "val"),
        ("b", "p7", "test"),
    ]
    with pytest.raises(DataError) as caught:
        make_split(make_manifest(rows), "given", seed=0)
    assert "00012.png = 00013.png" in str(caught.value)
    assert "p7: val, test" in str(caught.value)


def test_counts_that_do_not_sum_are_refused(make_manifest: MakeManifest) -> None:
    with pytest.raises(UsageError, match="number of images, 12"):
        make_split(make_manifest([("a",), ("b",)] * 6), "9/2/2", seed=0)


def test_the_report_tells_counts_patients_copies_and_differences(make_manifest: MakeManifest) -> None:
    rows = [("a", "p"), ("a", "p"), ("b", "p"), ("a", "q"), ("b", "q"), ("b", "q"), ("a", "r", None, "c")]
    rows += [("a", "r", None, "c"), ("b", "r")]
    manifest = make_manifest(rows)
    split = make_split(manifest, "5/2/2", seed=0)
    assert split_report(manifest, split)[3:] == [
        "2 images have copies with the same content: kept in one part",
        "asked 5/2/2, got 3/3/3: patients are kept together",
    ]
    assert all(line.endswith(" of 1 patient") for line in split_report(manifest, split)[:3])


def test_the_report_is_short_where_there_is_nothing_to_tell(make_manifest: MakeManifest) -> None:
    manifest = make_manifest([("a",), ("b",)] * 10)
    split = make_split(manifest, "12/4/4", seed=0)
    assert split_report(manifest, split) == [
        "train: 12 images (6 a, 6 b)",
        "val: 4 images (2 a, 2 b)",
        "test: 4 images (2 a, 2 b)",
    ]
