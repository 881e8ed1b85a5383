"""Which images there are: their labels, patients and content, and one digest of it all."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from tracker.config.home import expanded
from tracker.data.choice import ALL, Choice
from tracker.data.classes import check_classes, check_none_is_lost
from tracker.data.content import hash_files, same_content
from tracker.data.dicom_patients import patients_of_headers
from tracker.data.masks_taken import masks_taken
from tracker.data.patients import below_class_folders, folders_note, patients_of
from tracker.data.pattern import check_pattern
from tracker.data.places import check_place
from tracker.data.sources import Source, SourceImage, find_source
from tracker.data.sources.listing import LeftOut, Listing
from tracker.data.unlisted import unlisted
from tracker.errors import DataError, UnreadableImages, UsageError, collect_errors, listed
from tracker.io.progress import Progress, silent
from tracker.io.text_output import reads_utf8
from tracker.records import Part


@dataclass(frozen=True, slots=True)
class Sample:
    """One image.

    Attributes:
        id: Path below the data set's folder, with forward slashes; unique.
        path: Absolute path of the file.
        label: Name of its class.
        patient: Whose image it is; None where nobody knows, and the image is a patient of its own.
        part: Its part of the split, only where the source dictates one.
        sha256: Digest of the file's content, 64 hexadecimal digits.
        attributes: What else the source tells, such as sex, age and finding.
    """

    id: str
    path: Path
    label: str
    patient: str | None
    part: Part | None
    sha256: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """The images of a data set.

    Attributes:
        dataset: What `--dataset` calls it.
        root: Where it was read from.
        samples: The images, sorted by id.
        left_out: What was found beside them and is no image of the data set, with the reason.
        unopened: Why the file of an image cannot be opened that is left out for it, by id.
        notes: What the source tells of the images, a line each.
    """

    dataset: str
    root: Path
    samples: tuple[Sample, ...]
    left_out: tuple[LeftOut, ...] = ()
    unopened: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, sorted; their places are the class indexes."""
        return tuple(sorted({sample.label for sample in self.samples}))

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many images each class has."""
        numbers = Counter(sample.label for sample in self.samples)
        return {name: numbers[name] for name in self.classes}

    @cached_property
    def labels(self) -> list[int]:
        """The class index of each sample."""
        index = {name: place for place, name in enumerate(self.classes)}
        return [index[sample.label] for sample in self.samples]

    @cached_property
    def digest(self) -> str:
        """One digest of what the images are and whose, wherever they lie; 64 hexadecimal digits."""
        digest = hashlib.sha256()
        for sample in self.samples:
            line = json.dumps([sample.id, sample.label, sample.patient, sample.part, sample.sha256])
            digest.update(line.encode() + b"\n")
        return digest.hexdigest()

    def without(self, ids: Collection[str]) -> Manifest:
        """Leave some samples out.

        Args:
            ids: Their ids.

        Returns:
            A manifest of the others.

        Raises:
            DataError: A class has no image left.
        """
        left_out = set(ids)
        kept = tuple(sample for sample in self.samples if sample.id not in left_out)
        check_none_is_lost(self.classes, kept)
        return replace(self, samples=kept)


def build_manifest(
    dataset: str,
    root: Path | None,
    *,
    columns: Mapping[str, str] | None = None,
    patient_pattern: str | None = None,
    choice: Choice = ALL,
    skip_unopened: bool = False,
    progress: Progress = silent,
) -> Manifest:
    r"""List and digest the images of a data set.

    Args:
        dataset: Its kind, by the name in the registry of sources.
        root: Where it lies; None downloads or draws it, where that is possible.
        columns: What a table calls `path`, `label`, `patient` and `split`, where it has other names.
        patient_pattern: A regular expression that finds the patient in a file name or in the path below the
            class folder, such as `^\d+`; it wins over what the source says.
        choice: Which of the images take part.
        skip_unopened: Leave out images whose files are not there or cannot be opened.
        progress: Receives the numbers of downloaded bytes, drawn images and hashed images.

    Returns:
        The manifest.

    Raises:
        UsageError: The data set or the pattern is not known or not valid, or `--data` is missing.
        DataError: The images are not as they must be; says all that is wrong.
    """
    source = _with_columns(find_source(dataset), columns or {})
    if patient_pattern is not None:
        check_pattern(patient_pattern)
    place = _place(source, root, progress)
    check_place(source, place)
    collect = source.collect_missing if skip_unopened and source.collect_missing else source.collect
    listing = choice.of(collect(place))
    check_classes(place, listing)
    _check_names(listing)
    found, digests, unopened = _opened(listing, skip_unopened, progress)
    patients: list[str | None] = []
    told: list[str] = []

    def find_patients() -> None:
        # A pattern is searched once: it may take its time.
        of_images, notes = _patients(found, patient_pattern, one_a_patient=source.one_image_a_patient)
        patients.extend(of_images)
        told.extend(notes)

    collect_errors(
        [find_patients, partial(_check_labels, found, digests)],
        error=DataError,
        must="images, labels and patients must fit together",
    )
    samples = (
        Sample(image.id, image.path, image.label, patient, image.part, digest, image.attributes)
        for image, patient, digest in zip(found, patients, digests, strict=True)
    )
    left_out = (*listing.left_out, *unlisted(listing))
    notes = (*listing.notes, *masks_taken(found), *told)
    return Manifest(dataset, place, tuple(samples), left_out, unopened, notes)


def _with_columns(source: Source, columns: Mapping[str, str]) -> Source:
    if not columns:
        return source
    if source.with_columns is None:
        raise UsageError(
            "--column must be given with a table of images", but=f"--dataset is {source.name}",
            do="Add --dataset csv --data TABLE, or leave --column out.",
        )  # fmt: skip
    return source.with_columns(columns)


def _opened(
    listing: Listing, skip: bool, progress: Progress
) -> tuple[list[SourceImage], list[str], dict[str, str]]:
    """Return the images whose files can be opened, their digests, and why others cannot be, by id."""
    hashed = list(zip(listing, hash_files([image.path for image in listing], progress), strict=True))
    problems = {image.id: one.problem for image, one in hashed if one.problem}
    if problems and not skip:
        raise UnreadableImages(problems)
    opened = [(image, one.sha256) for image, one in hashed if not one.problem]
    check_none_is_lost({image.label for image in listing}, [image for image, _ in opened])
    return [image for image, _ in opened], [digest for _, digest in opened], problems


def _place(source: Source, root: Path | None, progress: Progress) -> Path:
    if root is not None:
        return expanded(root).absolute()
    if source.provide is not None:
        return source.provide(progress)
    raise UsageError(
        f"--dataset {source.name} must be given the place of its images", but="--data is missing",
        do="Add --data PATH.",
    )  # fmt: skip


def _patients(
    found: Sequence[SourceImage], pattern: str | None, *, one_a_patient: bool
) -> tuple[Sequence[str | None], list[str]]:
    """Return the patient of each image, and what a user should know of where they are from."""
    if pattern is not None:
        patients = patients_of(_below_class_folders(found), pattern)
        return patients, folders_note(_below_class_folders(found), patients)
    if one_a_patient or any(image.patient for image in found):
        return [image.patient for image in found], []
    return patients_of_headers(found)


def _below_class_folders(found: Sequence[SourceImage]) -> list[str]:
    return below_class_folders([image.id for image in found], [image.label for image in found])


def _check_names(found: Sequence[SourceImage]) -> None:
    """Refuse names that no csv file, journal or terminal could hold."""
    bad = [image.id for image in found if not image.id.isprintable()]
    if bad:
        raise DataError(
            "names of images must be printable UTF-8",
            but=f"{len(bad)} {'is' if len(bad) == 1 else 'are'} not",
            do="Rename them:" if reads_utf8() else "This locale reads no UTF-8 names: set LC_ALL=C.UTF-8.",
            details=listed([name.encode("unicode_escape").decode() for name in bad]),
        )


def _check_labels(found: Sequence[SourceImage], digests: Sequence[str]) -> None:
    label = {image.id: image.label for image in found}
    ids = (image.id for image in found)
    torn = [
        names
        for names in same_content(zip(ids, digests, strict=True))
        if len({label[name] for name in names}) > 1
    ]
    if torn:
        raise DataError(
            "images with the same content must have the same label",
            but=f"{len(torn)} {'has' if len(torn) == 1 else 'have'} more than one",
            do="Keep each image under its right label only.",
            details=listed([" = ".join(f"{name} ({label[name]})" for name in names) for names in torn]),
        )
