from __future__ import annotations

from collections.abc import Callable

from tracker.data.manifest import Manifest
from tracker.data.splits.groups import duplicates, inseparable, patients

MakeManifest = Callable[..., Manifest]


def test_images_of_a_patient_are_inseparable(make_manifest: MakeManifest) -> None:
    manifest = make_manifest([("a", "p"), ("a", "q"), ("b", "p"), ("b", None), ("b", None)])
    assert inseparable(manifest) == [[0, 2], [1], [3], [4]]
    assert patients(manifest) == {"p": ["00000.png", "00002.png"], "q": ["00001.png"]}


def test_images_of_the_same_content_are_inseparable(make_manifest: MakeManifest) -> None:
    manifest = make_manifest([("a", None, None, "1"), ("a", None, None, "2"), ("a", None, None, "1")])
    assert inseparable(manifest) == [[0, 2], [1]]
    assert duplicates(manifest) == [["00000.png", "00002.png"]]


def test_links_reach_over_patients_and_contents(make_manifest: MakeManifest) -> None:
    rows = [("a", "p", None, "1"), ("a", "q", None, "1"), ("a", "q", None, "2"), ("a", "r", None, "2")]
    assert inseparable(make_manifest(rows)) == [[0, 1, 2, 3]]
