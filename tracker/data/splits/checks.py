"""What a split must never do: lack a class, or separate what belongs together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tracker.data.manifest import Manifest
from tracker.data.splits.groups import duplicates, patients
from tracker.errors import DataError, listed
from tracker.records import PARTS, Part

DRAWN = "Choose a larger part (--split 0.7/0.1/0.2), another --split-seed, or add images."


def check_classes_in_parts(
    manifest: Manifest, part_of: Mapping[str, Part], *, parts: Sequence[Part] = PARTS, do: str = DRAWN
) -> None:
    """Refuse a split in which a part lacks a class.

    Args:
        manifest: The images.
        part_of: The part of each sample id.
        parts: The parts that are looked at.
        do: What the user can do about it.

    Raises:
        DataError: Some part has no image of some class; names all of them.
    """
    table = class_table(manifest, part_of)
    lacking = [
        f"{part} has no {name}" for part in parts for name, number in table[part].items() if not number
    ]
    if lacking:
        raise DataError(
            "every part of the split must have images of every class",
            but="; ".join(listed(lacking, 6)),
            do=do,
        )


def check_duplicates(manifest: Manifest, part_of: Mapping[str, Part]) -> None:
    """Refuse a split that has the same image in two parts.

    Args:
        manifest: The images.
        part_of: The part of each sample id.

    Raises:
        DataError: Files with the same content are in different parts; names them.
    """
    torn = [names for names in duplicates(manifest) if len({part_of[name] for name in names}) > 1]
    if torn:
        raise DataError(
            "images with the same content must be in one part of the split",
            but=f"{len(torn)} {'is' if len(torn) == 1 else 'are'} in more than one",
            do="Remove the copies, rather out of train than out of test.",
            details=listed([" = ".join(names) for names in torn]),
        )


def check_patients(manifest: Manifest, part_of: Mapping[str, Part]) -> None:
    """Refuse a split that has a patient in two parts.

    Args:
        manifest: The images.
        part_of: The part of each sample id.

    Raises:
        DataError: Some patients have images in several parts; names them.
    """
    where = {patient: {part_of[name] for name in names} for patient, names in patients(manifest).items()}
    torn = [
        f"{name}: {', '.join(part for part in PARTS if part in parts)}"
        for name, parts in where.items()
        if len(parts) > 1
    ]
    if torn:
        raise DataError(
            "all images of a patient must be in one part of the split",
            but=f"{len(torn)} {'patient is' if len(torn) == 1 else 'patients are'} in more than one",
            do="Take their images out of all parts but one, rather out of train than out of test.",
            details=listed(torn),
        )


def class_table(manifest: Manifest, part_of: Mapping[str, Part]) -> dict[Part, dict[str, int]]:
    """Count the images of each class in each part.

    Args:
        manifest: The images.
        part_of: The part of each sample id that is in one.

    Returns:
        Counts by part and class name.
    """
    table = {part: dict.fromkeys(manifest.classes, 0) for part in PARTS}
    for sample in manifest.samples:
        if (part := part_of.get(sample.id)) is not None:
            table[part][sample.label] += 1
    return table
