"""Whose images they are is said before anything is trained on them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tracker.data.manifest import Manifest
from tracker.data.splits.report import patients_report
from tracker.data.splits.split import make_split

MakeManifest = Callable[..., Manifest]
IMAGES = [("a",), ("b",)] * 10


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        ("folder", "unknown: images are split one by one (--patient-pattern)"),
        ("csv", "unknown: images are split one by one (--patient-pattern, --column)"),
        ("tb-xray", "20, of one image each"),
        ("montgomery", "20, of one image each"),
    ],
)
def test_what_is_not_known_is_said(make_manifest: MakeManifest, dataset: str, said: str) -> None:
    manifest = make_manifest(IMAGES, dataset=dataset)
    report = patients_report(manifest, make_split(manifest, "12/4/4", seed=0))
    assert report == said
    assert len(f"{'patients':12}{report}") <= 80


def test_parts_that_are_given_are_not_checked_for_patients_that_nobody_knows(
    make_manifest: MakeManifest,
) -> None:
    manifest = make_manifest([(label, None, part) for part in ("train", "val", "test") for label in "ab"])
    report = patients_report(manifest, make_split(manifest, "given", seed=0))
    assert report == "unknown: none is looked for in two parts (--patient-pattern)"


def test_patients_are_counted_with_an_example(make_manifest: MakeManifest) -> None:
    known = [(label, f"p{number // 2}") for number, (label,) in enumerate(IMAGES)]
    manifest = make_manifest(known)
    split = make_split(manifest, "12/4/4", seed=0)
    assert patients_report(manifest, split) == "10, such as p0 of 00000.png"
    manifest = make_manifest([*known, ("a",), ("b",)])
    split = make_split(manifest, "12/4/6", seed=0)
    assert patients_report(manifest, split) == "10, such as p0 of 00000.png; 2 images of unknown ones"
