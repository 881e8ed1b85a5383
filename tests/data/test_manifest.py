from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tracker.data.manifest import Manifest, build_manifest
from tracker.errors import DataError, UsageError

ClassFolders = Callable[..., Path]
DrawImage = Callable[..., Path]


def test_samples_are_sorted_and_carry_what_their_source_knows(class_folders: ClassFolders) -> None:
    manifest = build_manifest("folder", class_folders({"tb": 2, "normal": 3}))
    assert [sample.id for sample in manifest.samples] == sorted(sample.id for sample in manifest.samples)
    assert manifest.classes == ("normal", "tb")
    assert manifest.counts == {"normal": 3, "tb": 2}
    assert manifest.labels == [0, 0, 0, 1, 1]
    for sample in manifest.samples:
        assert sample.sha256 == hashlib.sha256(sample.path.read_bytes()).hexdigest()
        assert sample.path == manifest.root / sample.id


def test_the_digest_does_not_depend_on_the_place(class_folders: ClassFolders, tmp_path: Path) -> None:
    root = class_folders({"a": 2, "b": 2})
    before = build_manifest("folder", root).digest
    assert build_manifest("folder", root.rename(tmp_path / "elsewhere")).digest == before


def test_the_digest_is_the_same_in_every_process(class_folders: ClassFolders) -> None:
    root = class_folders({"a": 2, "b": 2})
    script = (
        "from pathlib import Path; from tracker.data.manifest import build_manifest;"
        f"print(build_manifest('folder', Path({str(root)!r})).digest)"
    )
    digests = {
        subprocess.check_output(
            [sys.executable, "-c", script], text=True, env=os.environ | {"PYTHONHASHSEED": s}
        )
        for s in ("1", "2")
    }
    assert digests == {build_manifest("folder", root).digest + "\n"}


def test_the_digest_changes_with_label_patient_part_and_content(
    make_manifest: Callable[..., Manifest],
) -> None:
    rows = [("a", "p", "train", "1"), ("b", "q", "test", "2")]
    changed = [
        ("c", "p", "train", "1"),
        ("a", "x", "train", "1"),
        ("a", "p", "val", "1"),
        ("a", "p", "train", "3"),
    ]
    digests = {make_manifest([row, rows[1]]).digest for row in [rows[0], *changed]}
    assert len(digests) == 5


def test_the_pattern_finds_the_patients(class_folders: ClassFolders) -> None:
    manifest = build_manifest("folder", class_folders({"a": 3, "b": 3}, patients=2), patient_pattern=r"^\d+")
    assert {sample.patient for sample in manifest.samples} == {"0000", "0001"}


def test_the_pattern_wins_over_the_table(class_folders: ClassFolders) -> None:
    root = class_folders({"a": 1, "b": 1})
    (root / "table.csv").write_text("path,label,patient\na/0000_000.png,a,x\nb/0001_000.png,b,y\n")
    by_table = build_manifest("csv", root)
    by_pattern = build_manifest("csv", root, patient_pattern=r"^\d+")
    assert [sample.patient for sample in by_table.samples] == ["x", "y"]
    assert [sample.patient for sample in by_pattern.samples] == ["0000", "0001"]


def test_without_leaves_the_named_samples_out(class_folders: ClassFolders) -> None:
    manifest = build_manifest("folder", class_folders({"a": 2, "b": 2}))
    fewer = manifest.without(["a/0000_000.png"])
    assert fewer.counts == {"a": 1, "b": 2}
    assert fewer.digest != manifest.digest
    assert manifest.counts == {"a": 2, "b": 2}


def test_without_may_not_leave_out_a_class(class_folders: ClassFolders) -> None:
    manifest = build_manifest("folder", class_folders({"a": 1, "b": 2}))
    with pytest.raises(DataError, match="a has none left"):
        manifest.without([manifest.samples[0].id])


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"two classes or more, but 0 images of 0 classes were found\."):
        build_manifest("folder", tmp_path)


def test_one_class_is_not_enough(class_folders: ClassFolders) -> None:
    with pytest.raises(DataError, match="2 images of 1 class were found: only"):
        build_manifest("folder", class_folders({"only": 2}))


def test_the_same_image_under_two_labels_is_named(class_folders: ClassFolders) -> None:
    root = class_folders({"a": 2, "b": 2})
    (root / "b" / "copy.png").write_bytes((root / "a" / "0000_000.png").read_bytes())
    with pytest.raises(DataError, match=r"a/0000_000\.png \(a\) = b/copy\.png \(b\)"):
        build_manifest("folder", root)


def test_the_same_image_twice_under_one_label_is_allowed(class_folders: ClassFolders) -> None:
    root = class_folders({"a": 2, "b": 2})
    (root / "a" / "copy.png").write_bytes((root / "a" / "0000_000.png").read_bytes())
    assert build_manifest("folder", root).counts == {"a": 3, "b": 2}


def test_wrong_labels_and_missing_patients_are_told_at_once(class_folders: ClassFolders) -> None:
    root = class_folders({"a": 2, "b": 2})
    (root / "b" / "copy.png").write_bytes((root / "a" / "0000_000.png").read_bytes())
    with pytest.raises(DataError, match=r"(?s)2 things are wrong.*in 1 of 5 it finds none.*copy\.png \(b\)"):
        build_manifest("folder", root, patient_pattern=r"^\d+")


def test_a_bad_pattern_is_refused_before_any_image_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="regular expression"):
        build_manifest("folder", tmp_path / "missing", patient_pattern="(")


def test_own_images_need_a_place() -> None:
    with pytest.raises(UsageError, match="--data is missing"):
        build_manifest("folder", None)


def test_an_unknown_data_set_is_refused() -> None:
    with pytest.raises(UsageError, match="Did you mean montgomery"):
        build_manifest("montgomry", None)


def test_progress_counts_every_hashed_image(class_folders: ClassFolders) -> None:
    told: list[tuple[int, int, str]] = []
    build_manifest(
        "folder",
        class_folders({"a": 2, "b": 1}),
        progress=lambda done, total, what: told.append((done, total, what)),
    )
    assert told == [(done, 3, "images hashed") for done in (1, 2, 3)]


def test_the_data_room_loads_neither_torch_nor_mlflow() -> None:
    script = (
        "import sys, pkgutil, importlib, tracker.data\n"
        "for module in pkgutil.walk_packages(tracker.data.__path__, 'tracker.data.'):\n"
        "    importlib.import_module(module.name)\n"
        "print(sorted({'torch', 'torchvision', 'mlflow', 'optuna'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "[]\n"
