"""Patients that a network knows, whether a table or the header of a DICOM file names them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tracker.data.dicom_patients import pseudonym
from tracker.data.manifest import Manifest, Sample
from tracker.data.pixels import Pixels, build_pixels
from tracker.errors import DataError
from tracker.runs.external.leakage import KnownImage, refuse_leakage


@pytest.fixture
def external(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRACKER_CACHE", str(tmp_path / "cache"))

    def made(patient: str) -> tuple[Manifest, Pixels]:
        path = tmp_path / "a.png"
        Image.fromarray(np.arange(1024, dtype=np.uint32).reshape(32, 32).astype(np.uint8)).save(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        manifest = Manifest("folder", tmp_path, (Sample("a.png", path, "sick", patient, None, digest, {}),))
        return manifest, build_pixels(manifest, image_size=32, resize="stretch")

    return made


def refuse(external: tuple[Manifest, Pixels], known: KnownImage) -> list[str]:
    manifest, pixels = external
    return refuse_leakage(
        *(manifest, pixels, [known]),
        **{"image_size": 32, "resize": "stretch", "who": "the network", "other_patients": False},
    )


@pytest.mark.parametrize(
    ("here", "there"), [("MRN 7", pseudonym("MRN 7")), (pseudonym("007"), "007"), ("12.0", "12")]
)
def test_a_patient_is_known_by_number_and_by_the_hash_of_it(external, here: str, there: str) -> None:
    with pytest.raises(DataError, match="trained or validated on"):
        refuse(external(there), KnownImage("b.png", "train", here, "1" * 64))
    (note, _) = refuse(external(there), KnownImage("b.png", "test", here, "1" * 64))
    assert "1 patient of them are in the study's test part" in note


def test_other_patients_are_no_leakage(external) -> None:
    assert len(refuse(external(pseudonym("8")), KnownImage("b.png", "train", "7", "1" * 64))) == 1
