"""Shares of the training part are nested, keep patients whole and leave validation and test alone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from tracker.data.manifest import Manifest
from tracker.data.splits.checks import class_table
from tracker.data.splits.split import Split, make_split
from tracker.data.splits.subset import training_subset

MakeManifest = Callable[..., Manifest]
SHARES = (0.01, 0.1, 0.25, 0.5, 0.75, 1.0)


def of_patients(make_manifest: MakeManifest) -> Manifest:
    """90 patients with three images each, of which a third has the class b."""
    return make_manifest([("b" if p % 3 == 0 else "a", f"p{p}") for p in range(90) for _ in range(3)])


def shares_of(manifest: Manifest, split: Split, seed: int = 0) -> list[Split]:
    return [training_subset(split, manifest, share, seed) for share in SHARES]


def test_a_smaller_share_is_part_of_every_larger_one(make_manifest: MakeManifest) -> None:
    manifest = of_patients(make_manifest)
    split = make_split(manifest, "0.7/0.1/0.2", seed=0)
    shares = shares_of(manifest, split)
    for smaller, larger in pairwise(shares):
        assert set(smaller.parts["train"]) < set(larger.parts["train"])
    assert shares[-1] == split


def test_validation_and_test_stay_and_what_is_left_out_is_in_no_part(make_manifest: MakeManifest) -> None:
    manifest = of_patients(make_manifest)
    split = make_split(manifest, "0.7/0.1/0.2", seed=0)
    for share in shares_of(manifest, split):
        assert (share.parts["val"], share.parts["test"]) == (split.parts["val"], split.parts["test"])
        assert sorted([*share.parts["train"], *share.unused]) == list(split.parts["train"])
        assert share.digest == split.digest
        assert sum(map(len, share.indexes(manifest).values())) == len(manifest.samples) - len(share.unused)
        rows = [line.split(",")[:2] for line in share.to_csv(manifest).splitlines()[1:]]
        assert [name for name, part in rows if part == "unused"] == list(share.unused)
        assert len(rows) == len(manifest.samples)


def test_patients_are_whole_and_classes_in_proportion(make_manifest: MakeManifest) -> None:
    manifest = of_patients(make_manifest)
    split = make_split(manifest, "0.7/0.1/0.2", seed=0)
    patient = {sample.id: sample.patient for sample in manifest.samples}
    whole = class_table(manifest, split.part_of)["train"]
    for share, one in zip(SHARES, shares_of(manifest, split), strict=True):
        assert not {patient[n] for n in one.parts["train"]} & {patient[n] for n in one.unused}
        for name, count in class_table(manifest, one.part_of)["train"].items():
            assert abs(count - share * whole[name]) <= 3, (share, name)


@pytest.mark.parametrize("seed", range(5))
def test_every_class_keeps_a_patient_whatever_the_share(make_manifest: MakeManifest, seed: int) -> None:
    manifest = make_manifest([("a",)] * 60 + [("b",)] * 6 + [("c",)] * 3)
    split = make_split(manifest, "0.7/0.1/0.2", seed=seed)
    smallest = training_subset(split, manifest, 0.001, seed)
    assert class_table(manifest, smallest.part_of)["train"] == {"a": 1, "b": 1, "c": 1}


def test_another_seed_takes_other_patients(make_manifest: MakeManifest) -> None:
    manifest = of_patients(make_manifest)
    split = make_split(manifest, "0.7/0.1/0.2", seed=0)
    taken = {training_subset(split, manifest, 0.25, seed).parts["train"] for seed in range(4)}
    assert len(taken) == 4
