"""Patients out of the headers of DICOM files: a pseudonym a number, or none where they tell nobody apart."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from tests.support.dicom_files import PLAIN, dicom
from tracker.data.dicom_patients import pseudonym
from tracker.data.first_sight import undecodable_at_first_sight
from tracker.data.manifest import Manifest, build_manifest

NOBODY = [None] * 6


def data_of(folder: Path, numbers: list[str | None]) -> Path:
    """Write a file a number, in two classes and every plain syntax; None: a header without one."""
    for place, number in enumerate(numbers):
        values = np.random.default_rng(place).integers(0, 4096, (8, 8), np.uint16)
        path = folder / ("sick" if place % 2 else "well") / f"IM{place}"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(dicom(values, bits=12, syntax=PLAIN[place % 4], PatientID=number))
    return folder


def patients(manifest: Manifest) -> list[str | None]:
    return [one.patient for one in sorted(manifest.samples, key=lambda one: one.id[-1])]


def test_each_number_has_a_pseudonym_that_does_not_show_it(tmp_path: Path) -> None:
    numbers = ["0815", "0815 ", "4711", "4712", "A^1", "4712"]
    manifest = build_manifest("folder", data_of(tmp_path, list(numbers)))
    assert patients(manifest) == [pseudonym(number.strip()) for number in numbers]
    assert pseudonym("0815") == "p" + hashlib.sha256(b"0815").hexdigest()[:12]
    assert manifest.notes == ("patients are those of the DICOM headers, kept as hashes",)


@pytest.mark.parametrize(
    ("numbers", "note"),
    [
        ([None] * 6, ()),
        (["ANONYMOUS", "", "unknown", "Anonymized", "0", "-"], ()),
        (
            ["1", "2", "3", None, "5", "Anonymous"],
            ("no patients are taken from DICOM: 2 of 6 files name none",),
        ),
        (["7"] * 6, ("no patients are taken from DICOM: 6 files name only 1",)),
        (["well", "sick"] * 3, ("no patients are taken from DICOM: 6 files name only 2",)),
    ],
)
def test_headers_that_tell_nobody_apart_name_no_patients(
    numbers: list[str | None], note: tuple[str, ...], tmp_path: Path
) -> None:
    manifest = build_manifest("folder", data_of(tmp_path, numbers))
    assert patients(manifest) == NOBODY
    assert manifest.notes == note


def test_a_pattern_and_a_column_win_over_the_headers(tmp_path: Path) -> None:
    root = data_of(tmp_path, list("123456"))
    assert patients(build_manifest("folder", root, patient_pattern=r"IM(\d)")) == list("012345")
    rows = [
        f"{path.relative_to(root)},{path.parent.name},Mr {path.name}" for path in sorted(root.glob("*/*"))
    ]
    (root / "table.csv").write_text("\n".join(["path,label,patient", *rows]))
    assert patients(build_manifest("csv", root)) == [f"Mr IM{place}" for place in range(6)]
    rows = [row.rpartition(",")[0] for row in rows]
    (root / "table.csv").write_text("\n".join(["path,label", *rows]))
    assert patients(build_manifest("csv", root)) == [pseudonym(number) for number in "123456"]


def test_one_image_of_another_format_leaves_all_without_a_patient(tmp_path: Path) -> None:
    root = data_of(tmp_path, list("123456"))
    (root / "well" / "x.png").write_bytes(b"x")
    assert {one.patient for one in build_manifest("folder", root).samples} == {None}


def test_dicom_that_cannot_be_decoded_is_found_before_anything_is_decoded(tmp_path: Path) -> None:
    root = data_of(tmp_path, list("123456"))
    plain = root / "sick" / "IM1"
    plain.write_bytes(plain.read_bytes()[:-20])
    values = np.zeros((8, 8), np.uint16)
    (root / "well" / "IM0").write_bytes(dicom(values, NumberOfFrames=3, PatientID="9"))
    (root / "well" / "x.dcm").write_bytes(b"hello")
    manifest = build_manifest("folder", root)
    assert [one.patient is None for one in manifest.samples] == [False] * 6 + [True]
    assert undecodable_at_first_sight(manifest) == {
        "well/x.dcm": "not a whole PNG, JPEG, TIFF, BMP or DICOM image",
        "sick/IM1": "damaged or cut off (not all of its pixels)",
        "well/IM0": "DICOM of 3 frames, and which of them counts is not known: save one as a file of its own",
    }
