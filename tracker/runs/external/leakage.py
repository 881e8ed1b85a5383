"""Whether a network has seen images or patients of an external data set: then it is no external one."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.config.recipe import Resize
from tracker.data.dicom_patients import pseudonym
from tracker.data.globs import literal
from tracker.data.manifest import Manifest, Sample
from tracker.data.pixels import Pixels, pixels_of_contents
from tracker.data.spellings import plain_spelling
from tracker.errors import DataError, TrackingError, counted, listed
from tracker.records import SPLIT_TABLE

_SEEN = ("train", "val")
_PARTS = {"train": "training", "val": "validation"}
_SHOWN, _TYPED = 20, 8


@dataclass(frozen=True, slots=True)
class KnownImage:
    """An image of the study that a network was trained in.

    Attributes:
        sample: Its id there.
        part: train, val, test or unused.
        patient: Whose it is; empty where nobody knows.
        sha256: The digest of its file.
    """

    sample: str
    part: str
    patient: str
    sha256: str


@dataclass(frozen=True, slots=True)
class _Met:
    """An external image, and why it is none."""

    sample: Sample
    why: str
    by_patient_alone: bool = False


def read_study(table: str) -> list[KnownImage]:
    """Read the table of a run's split.

    Args:
        table: What the run stored.

    Raises:
        TrackingError: It is no such table.
    """
    try:
        rows = csv.DictReader(io.StringIO(table, newline=""))
        return [KnownImage(row["sample"], row["part"], row["patient"] or "", row["sha256"]) for row in rows]
    except (KeyError, csv.Error) as error:
        raise TrackingError(
            f"{SPLIT_TABLE} must have the columns sample, part, patient and sha256",
            but=f"it lacks {error}" if isinstance(error, KeyError) else str(error),
            do="Run the arm again, or leave the run out.",
        ) from None


def refuse_leakage(
    external: Manifest,
    pixels: Pixels,
    study: Sequence[KnownImage],
    *,
    image_size: int,
    resize: Resize,
    who: str,
    other_patients: bool,
) -> list[str]:
    """Refuse images that a network knows, and images of patients that it was trained or validated on.

    The same picture in another file is found where the pixels of the study lie on this machine still.

    Args:
        external: The external images.
        pixels: Their pixels, in this order.
        study: The images of the network's study.
        image_size: What they were resized to, pixels.
        resize: How images that are not square became so.
        who: The network, in words.
        other_patients: Whether a patient of one name here and there is another person.

    Returns:
        What a reader should know, and what could not be looked for.

    Raises:
        DataError: There are such images; all are named.
    """
    known = pixels_of_contents((one.sha256 for one in study), image_size=image_size, resize=resize)
    met = {one.sample.id: one for one in _by_patient(external, study)} if not other_patients else {}
    met |= {one.sample.id: one for one in _by_picture(external, pixels, study, known)}
    met |= {one.sample.id: one for one in _by_content(external, study)}
    if met:
        raise _leakage([met[one.id] for one in external.samples if one.id in met], who)
    return list(_notes(external, study, known, other_patients=other_patients))


def _by_content(external: Manifest, study: Sequence[KnownImage]) -> Iterator[_Met]:
    of_content = {one.sha256: one for one in study}
    for sample in external.samples:
        if same := of_content.get(sample.sha256):
            own = f"in the {_part(same)}" if same.sample == sample.id else _in_words(same)
            yield _Met(sample, f"is {own}")


def _by_picture(
    external: Manifest, pixels: Pixels, study: Sequence[KnownImage], known: Pixels | None
) -> Iterator[_Met]:
    if known is None:
        return
    theirs, ours = _comparable(pixels, known)
    of_picture = {picture: one for picture, one in zip(ours, study, strict=True) if picture}
    for sample, picture in zip(external.samples, theirs, strict=True):
        if same := of_picture.get(picture):
            yield _Met(sample, f"shows the same as {_in_words(same)}")


def _by_patient(external: Manifest, study: Sequence[KnownImage]) -> Iterator[_Met]:
    seen = {name: one for one in study if one.part in _SEEN for name in _names(one.patient)}
    for sample in external.samples:
        if same := next((seen[name] for name in _names(sample.patient) if name in seen), None):
            yield _Met(sample, f"is of patient {sample.patient}, as {_in_words(same)}", by_patient_alone=True)


def _names(patient: str | None) -> set[str]:
    """Return what a patient can be called there: what is a number in a table is a hash in a DICOM study."""
    return {plain_spelling(patient), plain_spelling(pseudonym(patient.strip()))} if patient else set()


def _in_words(one: KnownImage) -> str:
    return f"{one.sample} of the {_part(one)}"


def _part(one: KnownImage) -> str:
    return f"{_PARTS.get(one.part, one.part)} part"


def _comparable(one: Pixels, other: Pixels) -> tuple[list[str], list[str]]:
    """Return digests that are the same whether gray pictures were stored with one channel or three."""
    if one.shape[3] == other.shape[3]:
        return one.pictures, other.pictures
    return [*map(_plain_digest, one.array)], [*map(_plain_digest, other.array)]


def _plain_digest(image_HWC: NDArray[np.uint8]) -> str:
    if (image_HWC == image_HWC[0, 0]).all():
        return ""
    gray = bool((image_HWC == image_HWC[:, :, :1]).all())
    return hashlib.sha256((image_HWC[:, :, :1] if gray else image_HWC).tobytes()).hexdigest()


def _leakage(met: Sequence[_Met], who: str) -> DataError:
    alone = sum(one.by_patient_alone for one in met)
    images = f"{counted(len(met), 'image')} {'is' if len(met) == 1 else 'are'}"
    why = (
        "of patients" if alone == len(met) else f"among them{f' ({alone} by their patient)' if alone else ''}"
    )
    do = "Leave them out (--exclude), or take other images."
    if alone:
        do += " Where a patient's number means another person there, add --other-patients."
    exclude = [argument for one in met[:_TYPED] for argument in ("--exclude", literal(one.sample.id))]
    return DataError(
        f"external images must be none that {who} was trained, validated or tested on",
        but=f"{images} {why} {'that it was trained or validated on' if alone == len(met) else ''}".rstrip(),
        do=do,
        details=listed([f"{one.sample.id} {one.why}" for one in met], _SHOWN),
        choices=[
            *([exclude] if len(met) <= _TYPED else []),
            *([["--other-patients"]] if alone == len(met) else []),
        ],
    )


def _notes(
    external: Manifest, study: Sequence[KnownImage], known: Pixels | None, *, other_patients: bool
) -> Iterator[str]:
    theirs = {one.patient for one in external.samples if one.patient}
    ours: Mapping[str, set[str]] = {
        part: {name for one in study if one.part == part for name in _names(one.patient)}
        for part in (*_SEEN, "test")
    }
    shared = [one for one in theirs if _names(one) & (ours["train"] | ours["val"])]
    tested = [one for one in theirs if _names(one) & ours["test"]]
    if other_patients and shared:
        yield (
            f"{counted(len(shared), 'patient')} of the same name as in the training or validation part: "
            "other people, as --other-patients says."
        )
    elif not theirs or not any(ours.values()):
        where = "the external images" if not theirs else "the study"
        yield f"Leakage by patient could not be looked for: nobody says whose images those of {where} are."
    elif tested:
        yield f"{counted(len(tested), 'patient')} of them are in the study's test part, too."
    if known is None:
        yield (
            "The same picture saved as another file could not be looked for: the study's pixels are not on "
            "this machine. Equal files were."
        )
