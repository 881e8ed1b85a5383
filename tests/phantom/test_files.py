from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.phantoms import PhantomSample
from tracker.data.manifest import build_manifest
from tracker.data.pixels import build_pixels
from tracker.data.splits.rule import default_rule
from tracker.data.splits.split import make_split
from tracker.errors import DataError
from tracker.io.progress import silent
from tracker.phantom import files

MANIFEST = "930898cc83f93d24b09c839870cbf228f5a83218bec35c977810244ab8bc06b5"
"""The digest of names, labels, patients and files."""


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, phantoms: PhantomSample) -> int:
    """The first patients alone, so that drawing takes no time; how many images they have."""
    patients = phantoms.patients[:6]
    monkeypatch.setattr(files, "cohort", lambda: patients)
    return sum(patient.visits for patient in patients)


def test_the_sample_is_drawn_once_and_says_that_it_is_synthetic(few: int, cache: Path) -> None:
    told: list[tuple[int, int, str]] = []
    folder = files.sample_folder(lambda *state: told.append(state))
    assert folder == cache / "datasets" / f"phantom-{files.VERSION}"
    assert told == [(done, few, "synthetic radiographs drawn") for done in range(1, few + 1)]
    assert "synthetic" in (folder / "SYNTHETIC.txt").read_text()
    files.sample_folder(lambda *_: pytest.fail("drawn again"))


def test_the_files_hold_what_was_drawn_and_the_table_says_whose(phantoms: PhantomSample, few: int) -> None:
    folder = files.sample_folder(silent)
    with (folder / "images.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == few == len(list(folder.glob("*/*.bmp")))
    for row, (patient, _), image in zip(rows, phantoms.visits, phantoms.images, strict=False):
        assert np.array_equal(np.asarray(Image.open(folder / row["path"])), image)
        assert (row["label"], row["patient"], row["findings"]) == (
            patient.label,
            patient.name,
            patient.findings_text,
        )


def test_drawing_that_breaks_off_leaves_nothing(
    few: int, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(files, "_write_table", fail)
        with pytest.raises(KeyboardInterrupt):
            files.sample_folder(silent)
    assert list((cache / "datasets").glob("[!.]*")) == []
    assert len(list(files.sample_folder(silent).glob("*/*.bmp"))) == few


def test_a_full_disk_is_said_in_one_line(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SIZE", 10**8)
    monkeypatch.setattr(files, "draw_visit", lambda *_, **__: pytest.fail("images of that size are drawn"))
    with pytest.raises(DataError, match=r"drawing synthetic radiographs needs .* GB free"):
        files.sample_folder(silent)


@pytest.mark.slow
def test_the_data_set_needs_no_place_and_is_split_as_the_reference_study_is(phantoms: PhantomSample) -> None:
    manifest = build_manifest("phantom", None)
    assert manifest.counts == {"other": 326, "tuberculosis": 336}
    assert len({one.patient for one in manifest.samples}) == len(phantoms.patients)
    assert manifest.digest == MANIFEST
    split = make_split(manifest, default_rule(manifest), seed=0)
    assert split.counts == {"train": 486, "val": 44, "test": 132}
    parts_of: dict[str | None, set[str]] = {}
    for one in manifest.samples:
        parts_of.setdefault(one.patient, set()).add(split.part_of[one.id])
    assert {len(parts) for parts in parts_of.values()} == {1}
    assert {one.attributes["findings"] for one in manifest.samples} >= {
        "none",
        "cavity",
        "effusion",
        "large heart",
    }
    pixels = build_pixels(manifest, image_size=224, resize="stretch")
    assert pixels.shape == (662, 224, 224, 1)
    places = {one.id: place for place, one in enumerate(manifest.samples)}
    for (patient, visit), image in zip(phantoms.visits[:50], phantoms.images, strict=False):
        place = places[f"{patient.label}/{patient.name}_{visit}.bmp"]
        assert np.array_equal(pixels.array[place, :, :, 0], image)


def test_a_folder_that_is_not_there_is_not_needed_either(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"does not exist\. Leave --data out"):
        build_manifest("phantom", tmp_path / "nowhere")


def test_a_copy_of_the_folder_is_the_same_data_set(few: int, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(files.sample_folder(silent), tmp_path / "copied"))
    copy, original = build_manifest("phantom", copied), build_manifest("phantom", None)
    assert copy.digest == original.digest
    assert len(copy.samples) == few


def test_images_that_are_gone_or_shorter_are_drawn_again_as_they_were(
    few: int, caplog: pytest.LogCaptureFixture
) -> None:
    folder = files.sample_folder(silent)
    images = sorted(folder.glob("*/*.bmp"))
    before = [image.read_bytes() for image in images]
    images[0].unlink()
    images[1].write_bytes(before[1][:-1])
    (folder / "images.csv").write_bytes(b"path,label\n")
    files.sample_folder(silent)
    assert [image.read_bytes() for image in images] == before
    (note,) = caplog.messages
    assert "kept synthetic radiographs are not whole any more" in note


def test_masks_of_lesions_are_drawn_once_for_the_images_with_tuberculosis(few: int, cache: Path) -> None:
    folder = files.lesions_folder(silent)
    assert folder == cache / "datasets" / f"phantom-{files.VERSION}-lesions"
    images = files.sample_folder(silent)
    named = {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.png")}
    ill = {path.relative_to(images).with_suffix("").as_posix() for path in images.glob("tuberculosis/*")}
    assert named == ill
    masks = [np.asarray(Image.open(path)) for path in folder.rglob("*.png")]
    assert {mask.shape for mask in masks} == {(files.SIZE, files.SIZE)}
    assert all(0 < mask.mean() / 255 < 0.3 for mask in masks)
    files.lesions_folder(lambda *_: pytest.fail("drawn again"))
