from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
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


CLOSED = """
import os, sys
from pathlib import Path
from tracker.data.manifest import build_manifest
from tracker.errors import DataError
if os.geteuid() == 0:
    os.setuid(65534)  # Nothing is closed to root.
root = Path(sys.argv[1])
print(sorted(build_manifest("folder", root, skip_unopened=True).unopened.items()))
for place in (root, root / "a" / "closed", root / "a" / "closed" / "x"):
    try:
        build_manifest("folder", place)
    except DataError as error:
        print(error)
"""


def test_what_may_not_be_looked_into_is_told_or_skipped(class_folders: ClassFolders) -> None:
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        class_folders({"a": 2, "a/closed": 1, "b": 2}, root=root)
        file = next((root / "b").iterdir())
        for path, mode in ((root, 0o755), (file, 0), (root / "a" / "closed", 0)):
            path.chmod(mode)
        try:
            told = subprocess.check_output([sys.executable, "-c", CLOSED, made], text=True)
        finally:
            (root / "a" / "closed").chmod(0o755)
    reasons = {"a/closed": "a folder that cannot be looked into: Permission denied"}
    reasons[f"b/{file.name}"] = "Permission denied"
    skipped, *lines = told.splitlines()
    assert skipped == str(sorted(reasons.items()))
    assert lines[0].startswith("every image must be readable, but 2 are not.")
    assert lines[1:3] == [f"  {name}: {reason}" for name, reason in sorted(reasons.items())]
    assert len([line for line in lines[3:] if "that you may look into" in line]) == 2


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("x.zip", "it is a packed file. Unpack it"),
        ("x.PNG", "it is one image. Point --data at"),
        ("a table.csv", r"it is a table. Type: --dataset csv --data '.*a table\.csv'"),
        ("x.xlsx", "it is a spreadsheet. Save it as CSV"),
        ("x.txt", "it is a text file. If it is a table of images: --dataset csv"),
    ],
)
def test_a_file_where_a_folder_is_meant_is_answered_with_what_to_do(
    tmp_path: Path, name: str, answer: str
) -> None:
    (tmp_path / name).touch()
    with pytest.raises(DataError, match=answer):
        build_manifest("folder", tmp_path / name)


def test_class_folders_where_a_table_is_meant_are_answered_with_the_data_set(
    class_folders: ClassFolders,
) -> None:
    with pytest.raises(DataError, match=r"it holds folders of images.*--dataset folder --data"):
        build_manifest("csv", class_folders({"a": 2, "b": 2}))


def test_leaving_out_all_images_of_one_of_three_classes_is_refused(class_folders: ClassFolders) -> None:
    root = class_folders({"a": 2, "b": 2, "c": 1})
    with pytest.raises(DataError, match="c has none left"):
        build_manifest("folder", root).without(["c/0004_000.png"])


def test_the_digest_is_that_of_earlier_versions_whatever_is_left_out(
    class_folders: ClassFolders, draw_image: DrawImage
) -> None:
    root = class_folders({"a": 2, "b": 2})
    digest = build_manifest("folder", root).digest
    draw_image(root / "a" / "masks" / "0000_000.png", 77)
    (root / "a" / "x.nii").touch()
    manifest = build_manifest("folder", root)
    assert manifest.digest == digest
    assert {one.kind for one in manifest.left_out} == {"mask", "unread"}


def test_the_data_room_loads_neither_torch_nor_mlflow() -> None:
    script = (
        "import sys, pkgutil, importlib, tracker.data\n"
        "for module in pkgutil.walk_packages(tracker.data.__path__, 'tracker.data.'):\n"
        "    importlib.import_module(module.name)\n"
        "print(sorted({'torch', 'torchvision', 'mlflow', 'optuna'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "[]\n"
