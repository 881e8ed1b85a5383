"""Whose image is it? The headers of DICOM files may say so; what is kept of a number is a hash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from tracker.data.sources.source import SourceImage, is_dicom_file
from tracker.data.spellings import NOBODY
from tracker.io.parallel import parallel_map

_KEYWORD = "PatientID"
_NOBODY = NOBODY | {
    "",
    "0",
    "anonymous",
    "anonymized",
    "anonymised",
    "anon",
    "patient",
    "unnamed",
    "removed",
    "xxx",
}


def patients_of_headers(found: Sequence[SourceImage]) -> tuple[list[str | None], list[str]]:
    """Find the patient of each image, if all are DICOM and their headers tell patients apart.

    Args:
        found: The images, none of which has a patient from elsewhere.

    Returns:
        A pseudonym an image, or None for all; and what a user should know of it, a line each.
    """
    nobody: list[str | None] = [None] * len(found)
    if not found or not all(is_dicom_file(image.path) for image in found):
        return nobody, []
    read = list(parallel_map(_number, [image.path for image in found]))
    # What cannot be read is told elsewhere, and takes nobody's patient away.
    numbers = [number for number in read if number is not None]
    named = sum(number.lower() not in _NOBODY for number in numbers)
    if named == 0:
        return nobody, []
    if named < len(numbers):
        lacking = len(numbers) - named
        return nobody, [f"no patients are taken from DICOM: {lacking} of {len(numbers)} files name none"]
    if len(set(numbers)) <= len({image.label for image in found}) < len(numbers):
        return nobody, [
            f"no patients are taken from DICOM: {len(numbers)} files name only {len(set(numbers))}"
        ]
    return [None if number is None else pseudonym(number) for number in read], [
        "patients are those of the DICOM headers, kept as hashes"
    ]


def pseudonym(number: str) -> str:
    """Return what is kept of a patient's number: the same in every data set, and not the number.

    Whoever has a list of numbers can find which of them it is: it is no anonymization.

    Args:
        number: As the header has it.
    """
    return f"p{hashlib.sha256(number.encode()).hexdigest()[:12]}"


def _number(path: Path) -> str | None:
    """Return the patient's number, empty where the header has none; None where no header can be read."""
    # Loaded here: it brings pydicom, which few data sets need.
    from tracker.data.decoding.dicom_header import header_of

    header = header_of(path, [_KEYWORD, "SOPClassUID"])
    return header.get(_KEYWORD, "") if header else None
