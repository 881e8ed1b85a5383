from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tracker.data.sources.folder import SOURCE
from tracker.errors import DataError

ClassFolders = Callable[..., Path]
DrawImage = Callable[..., Path]


def test_a_folder_is_a_class(class_folders: ClassFolders) -> None:
    found = SOURCE.collect(class_folders({"tb": 1, "normal": 2}))
    assert [(image.id, image.label, image.part) for image in found] == [
        ("normal/0001_000.png", "normal", None),
        ("normal/0002_001.png", "normal", None),
        ("tb/0000_000.png", "tb", None),
    ]


def test_folders_below_a_class_folder_mean_nothing(tmp_path: Path, draw_image: DrawImage) -> None:
    draw_image(tmp_path / "normal" / "patient1" / "a.png", 1)
    draw_image(tmp_path / "tb" / "patient2" / "day3" / "b.png", 2)
    found = SOURCE.collect(tmp_path)
    assert [(image.id, image.label) for image in found] == [
        ("normal/patient1/a.png", "normal"),
        ("tb/patient2/day3/b.png", "tb"),
    ]


def test_folders_of_parts_are_the_split(class_folders: ClassFolders) -> None:
    root = class_folders({"train/a": 1, "train/b": 1, "Validation/a": 1, "test/b": 1})
    assert [(image.id.split("/")[0], image.label, image.part) for image in SOURCE.collect(root)] == [
        ("Validation", "a", "val"),
        ("test", "b", "test"),
        ("train", "a", "train"),
        ("train", "b", "train"),
    ]


@pytest.mark.parametrize("name", ["a.PNG", "a.jpg", "a.JPEG", "a.tif", "a.TIFF", "a.bmp"])
def test_every_kind_of_image_is_found(tmp_path: Path, draw_image: DrawImage, name: str) -> None:
    draw_image(tmp_path / "normal" / name, 1)
    assert [image.path.name for image in SOURCE.collect(tmp_path)] == [name]


def test_hidden_files_and_folders_are_ignored(class_folders: ClassFolders, draw_image: DrawImage) -> None:
    root = class_folders({"a": 1, "b": 1})
    for hidden in (".git/x.png", "a/._x.png", "a/.cache/x.png", "__MACOSX/a/x.png"):
        draw_image(root / hidden, 9)
    (root / "a" / "notes.txt").touch()
    (root / ".DS_Store").touch()
    assert len(SOURCE.collect(root)) == 2


def test_images_outside_class_folders_are_refused(tmp_path: Path, draw_image: DrawImage) -> None:
    draw_image(tmp_path / "loose.png", 1)
    with pytest.raises(DataError, match=r"(?s)1 lies directly in .*class folders.*loose\.png"):
        SOURCE.collect(tmp_path)


def test_classes_beside_parts_are_refused(class_folders: ClassFolders) -> None:
    with pytest.raises(DataError, match="normal stand beside test, train"):
        SOURCE.collect(class_folders({"train/a": 1, "test/a": 1, "normal": 1}))


def test_a_class_folder_without_images_is_refused(class_folders: ClassFolders) -> None:
    root = class_folders({"a": 1, "b": 1})
    (root / "dicom").mkdir()
    (root / "dicom" / "x.dcm").touch()
    with pytest.raises(DataError, match="1 holds none: dicom"):
        SOURCE.collect(root)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="it does not exist"):
        SOURCE.collect(tmp_path / "missing")


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="it is a file"):
        SOURCE.collect(tmp_path / "file")
