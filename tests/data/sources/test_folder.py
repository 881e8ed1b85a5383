from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.support.dicom_files import dicom
from tracker.data.sources.folder import SOURCE
from tracker.data.sources.listing import Listing
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


@pytest.mark.parametrize("below", ["", "/patient 3/left"])
@pytest.mark.parametrize("above", ["", "/chest/frontal"])
def test_folders_of_parts_below_the_classes_are_the_split(
    class_folders: ClassFolders, above: str, below: str
) -> None:
    classes = {f"normal{above}/Training{below}": 2, f"tb{above}/train{below}": 1, f"tb{above}/test{below}": 1}
    found = SOURCE.collect(class_folders(classes | {f"normal{above}/hold-out": 1}))
    folders = [(image.id.rpartition("/")[0], image.label, image.part) for image in found]
    assert sorted(set(folders)) == [
        (f"normal{above}/Training{below}", "normal", "train"),
        (f"normal{above}/hold-out", "normal", "test"),
        (f"tb{above}/test{below}", "tb", "test"),
        (f"tb{above}/train{below}", "tb", "train"),
    ]
    assert isinstance(found, Listing)
    assert list(found.notes) == []


@pytest.mark.parametrize("folder", ["tb", "tb/2021", "normal/more", "normal", "other"])
def test_parts_that_hold_some_images_alone_are_refused(class_folders: ClassFolders, folder: str) -> None:
    root = class_folders({"normal/train": 1, "normal/test": 1, "tb/train": 1, folder: 1})
    with pytest.raises(DataError, match=f"3 do, such as normal/test/.*, and 1 do not, such as {folder}/"):
        SOURCE.collect(root)


@pytest.mark.parametrize("folder", ["tb/train/test", "tb/train/2021/val", "tb/test/x/training"])
def test_an_image_of_two_parts_is_refused(class_folders: ClassFolders, folder: str) -> None:
    root = class_folders({"normal/train": 1, "tb/train": 1, folder: 1})
    with pytest.raises(DataError, match=r"tb/.* lies in those of (test|train) and (train|val)"):
        SOURCE.collect(root)
    other = class_folders({"train/a": 1, "train/b": 1, "test/a": 1, "test/b/Train": 1}, root=root / "other")
    with pytest.raises(DataError, match=r"test/b/Train/.* lies in those of test and train"):
        SOURCE.collect(other)


def test_masks_need_no_part(class_folders: ClassFolders) -> None:
    parts = {f"{label}/{part}": 1 for label in ("normal", "tb") for part in ("train", "test")}
    root = class_folders(parts | {"normal/masks": 1, "tb/lung masks": 1, "tb/train/masks": 1})
    assert {image.id.rpartition("/")[0] for image in SOURCE.collect(root)} == set(parts)
    assert {one[1] for one in left_out(root)} == {"mask"}


@pytest.mark.parametrize("name", ["TRAIN_SET", "training-data", "Train Images", "trainset"])
@pytest.mark.parametrize("other", ["dev", "Validation Set", "val_split"])
@pytest.mark.parametrize("last", ["holdout", "Hold-Out", "test_set", "TESTING"])
def test_parts_have_many_names(class_folders: ClassFolders, name: str, other: str, last: str) -> None:
    root = class_folders({f"{name}/a": 1, f"{other}/a": 1, f"{last}/a": 1})
    assert {image.id.split("/")[0]: image.part for image in SOURCE.collect(root)} == {
        name: "train",
        other: "val",
        last: "test",
    }


@pytest.mark.parametrize("name", ["data", "images", "trained", "latest", "set"])
def test_other_words_are_no_parts(class_folders: ClassFolders, name: str) -> None:
    found = SOURCE.collect(class_folders({name: 1, "other": 1}))
    assert {image.label for image in found} == {name, "other"}


@pytest.mark.parametrize("name", ["a.PNG", "a.jpg", "a.JPEG", "a.tif", "a.TIFF", "a.bmp", "a.Jpe", "a.jfif"])
def test_every_kind_of_image_is_found(tmp_path: Path, draw_image: DrawImage, name: str) -> None:
    whole = draw_image(tmp_path / "whole.png", 1)
    (tmp_path / "images" / "normal").mkdir(parents=True)
    whole.rename(tmp_path / "images" / "normal" / name)
    assert [image.path.name for image in SOURCE.collect(tmp_path / "images")] == [name]


def left_out(root: Path) -> set[tuple[str, str, str]]:
    """Return path, kind and detail of what was left out of a folder."""
    found = SOURCE.collect(root)
    assert isinstance(found, Listing)
    return {(one.id, one.kind, one.detail) for one in found.left_out}


def test_links_to_folders_are_followed(class_folders: ClassFolders, tmp_path: Path) -> None:
    root = class_folders({"a": 1, "b": 1})
    elsewhere = class_folders({"year": 3, "whole": 2}, root=tmp_path / "elsewhere")
    (root / "a" / "2021").symlink_to(elsewhere / "year")
    (root / "c").symlink_to(elsewhere / "whole")
    ids = [image.id for image in SOURCE.collect(root)]
    assert sorted(name.rpartition("/")[0] for name in ids) == ["a", *["a/2021"] * 3, "b", "c", "c"]
    assert left_out(root) == set()


@pytest.mark.parametrize("target", [".", "..", "../..", "/", "../b/..", "sub/back"])
def test_a_link_that_leads_above_ends(class_folders: ClassFolders, target: str) -> None:
    root = class_folders({"a": 2, "b": 2, "a/sub": 1})
    (root / "a" / "sub" / "back").symlink_to("..")
    (root / "a" / "loop").symlink_to(target)
    assert len(SOURCE.collect(root)) == 5
    assert {one[:2] for one in left_out(root)} == {("a/loop", "repeated"), ("a/sub/back", "repeated")}


def test_a_folder_that_two_paths_of_a_class_lead_to_is_listed_once_where_it_is(
    class_folders: ClassFolders,
) -> None:
    root = class_folders({"a/z": 2, "b": 2})
    (root / "a" / "first").symlink_to("z")
    assert [image.id.rpartition("/")[0] for image in SOURCE.collect(root)] == ["a/z", "a/z", "b", "b"]
    assert left_out(root) == {("a/first", "repeated", "")}


def test_folders_that_link_to_each_other_end(class_folders: ClassFolders) -> None:
    names = [f"f{number}" for number in range(12)]
    root = class_folders({"a": 1, **{f"a/{name}": 1 for name in names}, "b": 1})
    for name in names:
        for other in names:
            (root / "a" / name / f"to-{other}").symlink_to(f"../{other}")
    assert len(SOURCE.collect(root)) == 14


def test_links_to_nothing_are_images_that_whoever_opens_them_misses(class_folders: ClassFolders) -> None:
    root = class_folders({"a": 1, "b": 1})
    (root / "a" / "x.png").symlink_to("/nowhere/x.png")
    (root / "a" / "scans").symlink_to("/nowhere/scans")
    (root / "c").symlink_to("/nowhere/c")
    (root / "a" / "notes.txt").symlink_to("/nowhere/notes.txt")
    assert {"a/x.png", "a/scans", "c"} < {image.id for image in SOURCE.collect(root)}
    assert left_out(root) == {("a/notes.txt", "other", ".txt")}


def test_hidden_images_are_counted(class_folders: ClassFolders, draw_image: DrawImage) -> None:
    root = class_folders({"a": 1, "b": 1})
    hidden = (".git/x.png", "a/._x.png", "a/.ipynb_checkpoints/x.png", "__MACOSX/a/x.png", "b/.trash/y/x.PNG")
    for name in hidden:
        draw_image(root / name, 9)
    (root / ".git" / "objects").mkdir()
    (root / ".git" / "objects" / "00").touch()
    assert len(SOURCE.collect(root)) == 2
    assert left_out(root) == {(name, "hidden", "") for name in hidden}


def test_files_of_other_kinds_are_told_apart(class_folders: ClassFolders, draw_image: DrawImage) -> None:
    root = class_folders({"a": 1, "b": 1})
    dicom = b"\0" * 128 + b"DICM"
    contents = {"a/DICOMDIR": dicom, "a/x.webp": b"", "b/x.nii.gz": b"", "b/scans.zip": b"", "b/y.npy": b""}
    contents |= {"a/notes.txt": b"", "b/Thumbs.db": dicom, ".DS_Store": b"", "README": b"hello"}
    for name, content in contents.items():
        (root / name).write_bytes(content)
    draw_image(root / "b" / "scan.png", 5).rename(root / "b" / "scan")
    os.mkfifo(root / "a" / "pipe")
    assert left_out(root) == {
        ("a/DICOMDIR", "other", "DICOMDIR"),
        *(("a/x.webp", "unread", ".webp"), ("b/x.nii.gz", "unread", "NIfTI")),
        *(("b/scans.zip", "unread", ".zip"), ("b/y.npy", "unread", ".npy")),
        ("b/scan", "unread", "PNG without its ending"),
        *(("a/notes.txt", "other", ".txt"), ("b/Thumbs.db", "other", ".db")),
        *((".DS_Store", "other", ".DS_Store"), ("README", "other", "README"), ("a/pipe", "other", "pipe")),
    }


def test_images_outside_class_folders_are_refused_where_there_are_no_others(
    tmp_path: Path, draw_image: DrawImage
) -> None:
    draw_image(tmp_path / "loose.png", 1)
    with pytest.raises(DataError, match=r"(?s)1 lies directly in .*class folders.*loose\.png"):
        SOURCE.collect(tmp_path)


@pytest.mark.parametrize("name", ["overview.png", "train/overview.png"])
def test_images_beside_class_folders_are_counted(
    class_folders: ClassFolders, draw_image: DrawImage, name: str
) -> None:
    above = name.removesuffix("overview.png")
    root = class_folders({f"{above}a": 1, f"{above}b": 1})
    draw_image(root / name, 9)
    assert len(SOURCE.collect(root)) == 2
    assert left_out(root) == {(name, "loose", "")}


def test_a_test_part_without_class_folders_is_refused(class_folders: ClassFolders) -> None:
    root = class_folders({"train/a": 1, "train/b": 1, "test": 2})
    with pytest.raises(DataError, match=r"2 lie directly in .*test"):
        SOURCE.collect(root)


def test_classes_beside_parts_are_refused(class_folders: ClassFolders) -> None:
    with pytest.raises(DataError, match="normal stand beside test, train"):
        SOURCE.collect(class_folders({"train/a": 1, "test/a": 1, "normal": 1}))


def test_folders_without_images_and_masks_may_stand_beside_parts(class_folders: ClassFolders) -> None:
    root = class_folders({"train/a": 1, "test/a": 1, "masks": 1})
    (root / "docs").mkdir()
    (root / "empty").mkdir()
    (root / "docs" / "readme.txt").touch()
    assert len(SOURCE.collect(root)) == 2
    assert {one[:2] for one in left_out(root)} == {
        ("docs/readme.txt", "other"),
        ("empty", "empty"),
        ("masks/0002_000.png", "mask"),
    }


def test_a_folder_that_is_called_as_an_image_is_a_folder(class_folders: ClassFolders) -> None:
    root = class_folders({"a/series.png": 2, "b": 1})
    assert [image.id for image in SOURCE.collect(root)][:1] == ["a/series.png/0000_000.png"]


def test_images_and_masks_are_no_classes(class_folders: ClassFolders) -> None:
    deep = class_folders({"images/a": 1, "images/b": 1, "masks": 2})
    with pytest.raises(DataError, match=r"images, masks say of what kind .*such as .*/images/images\."):
        SOURCE.collect(deep)
    flat = class_folders({"CXR_png": 2, "Ground Truth": 2}, root=deep / "flat")
    with pytest.raises(DataError, match="Put the images into a folder a class"):
        SOURCE.collect(flat)


def test_images_and_masks_are_no_classes_of_a_part(class_folders: ClassFolders) -> None:
    parts = {"train/images": 3, "train/masks": 3, "test/images": 2}
    with pytest.raises(DataError, match=r"(?s)/test must be .*images says of .*Put the images into a folder"):
        SOURCE.collect(class_folders(parts))
    deep = class_folders({f"{name}/a": 1 for name in parts}, root=class_folders({}) / "deep")
    with pytest.raises(DataError, match=r"Move the class folders that lie in .*/test/images into .*/test,"):
        SOURCE.collect(deep)


def test_a_folder_of_masks_beside_the_classes_is_left_out(draw_image: DrawImage, tmp_path: Path) -> None:
    for number, label in enumerate("aabb"):
        draw_image(tmp_path / label / f"{number}.png", number)
        draw_image(tmp_path / "masks" / f"{number}_mask.png", 10 + number)
    assert {image.label for image in SOURCE.collect(tmp_path)} == {"a", "b"}
    assert {one[1] for one in left_out(tmp_path)} == {"mask"}


@pytest.mark.parametrize("labels", [("mask", "no_mask"), ("Mask", "face"), ("mask", "helmet", "nothing")])
def test_a_class_may_be_called_mask(class_folders: ClassFolders, labels: tuple[str, ...]) -> None:
    root = class_folders(dict.fromkeys(labels, 2))
    for folder in root.iterdir():
        for number, path in enumerate(sorted(folder.iterdir())):
            path.rename(folder / f"{number}.png")
    found = SOURCE.collect(root)
    assert {image.label for image in found} == set(labels)
    assert isinstance(found, Listing)
    assert bool(found.notes) == ("no_mask" not in labels)


def test_the_same_folders_in_every_class_folder_are_told(class_folders: ClassFolders) -> None:
    found = SOURCE.collect(class_folders({f"{year}/{label}": 1 for year in (2021, 2022) for label in "ab"}))
    assert isinstance(found, Listing)
    assert found.notes[0] == "each class folder holds a, b:"


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="it does not exist"):
        SOURCE.collect(tmp_path / "missing")


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="it is a file"):
        SOURCE.collect(tmp_path / "file")


def test_dicom_is_taken_whatever_it_is_called_and_without_a_preamble(class_folders: ClassFolders) -> None:
    root = class_folders({"a": 1, "b": 1})
    values = np.arange(64, dtype=np.uint16).reshape(8, 8)
    marked, bare = dicom(values), dicom(values, preamble=False)
    names = ("a/1.dcm", "a/2.DICOM", "a/x.ima", "a/IM0001", "b/1.2.840.10008", "b/bare")
    for name in names:
        (root / name).write_bytes(bare if name == "b/bare" else marked)
    (root / "IM0002").write_bytes(marked)
    (root / ".hidden").write_bytes(marked)
    listing = SOURCE.collect(root)
    assert isinstance(listing, Listing)
    assert {image.id for image in listing} == {"a/0000_000.png", "b/0001_000.png", *names}
    assert {(one.id, one.kind) for one in listing.left_out} == {("IM0002", "loose"), (".hidden", "hidden")}
