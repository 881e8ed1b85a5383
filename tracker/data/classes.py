"""What must hold of the classes of a data set: two or more, each with images, each under one name."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from tracker.data.class_names import check_class_names
from tracker.data.globs import glob_of_folder
from tracker.data.places import folder_of_classes, folders_with_images
from tracker.data.sources.listing import LeftOut, Listing
from tracker.errors import DataError, counted, listed

_SILENT = ("unread", "mask")


class _Labeled(Protocol):
    @property
    def label(self) -> str: ...


def check_classes(place: Path, listing: Listing) -> None:
    """Refuse what cannot be told apart.

    Args:
        place: The data set's folder.
        listing: Its images, and what was left out.

    Raises:
        DataError: There are fewer than two classes, one of several names, or one without a file that is read.
    """
    _check_place_is_there(place, listing)
    _check_each_is_read(listing)
    _check_two(place, listing)
    folders = {image.label for image in listing if image.label in image.path.parent.parts}
    check_class_names(Counter(image.label for image in listing), folders=folders)


def check_none_is_lost(before: Iterable[str], kept: Sequence[_Labeled]) -> None:
    """Refuse to leave out a whole class.

    Args:
        before: The names of all classes.
        kept: What is left of their images.

    Raises:
        DataError: Some have none left.
    """
    lost = sorted(set(before) - {one.label for one in kept})
    if lost:
        raise DataError(
            "every class must have images that can be read",
            but=f"{', '.join(listed(lost, 5))} {'has' if len(lost) == 1 else 'have'} none left",
            do="Mend their images, or leave the classes out on purpose: --exclude.",
        )


def _check_place_is_there(place: Path, listing: Listing) -> None:
    if not listing and not place.exists():
        raise DataError(f"{place} must hold images", but="it does not exist", do="Check --data.")


def _check_each_is_read(listing: Listing) -> None:
    read = {image.label for image in listing}
    left_out = [
        one for one in listing.left_out if one.kind in _SILENT and one.label and one.label not in read
    ]
    lost = sorted({one.label for one in left_out if one.label})
    if lost:
        masks = any(one.kind == "mask" for one in left_out)
        raise DataError(
            "every class must hold images that are read (PNG, JPEG, TIFF, BMP or DICOM)",
            but=f"{len(lost)} {'holds' if len(lost) == 1 else 'hold'} none: {', '.join(listed(lost, 5))}",
            do=_advice(masks) + _how_to_leave_out(lost[0], listing),
            details=[f"{name}: {_held(name, left_out)}" for name in lost],
        )


def _advice(masks: bool) -> str:
    return "If they are no masks: --include '**'." if masks else "Convert their images."


def _how_to_leave_out(label: str, listing: Listing) -> str:
    files = [one.id for one in listing.left_out if one.label == label]
    glob = glob_of_folder(label, files, others=[image.id for image in listing])
    return f" Or leave a class out: --exclude {glob}." if glob else ""


def _held(label: str, left_out: Sequence[LeftOut]) -> str:
    details = Counter(
        "that look like masks" if one.kind == "mask" else one.detail for one in left_out if one.label == label
    )
    return ", ".join(f"{number} {name}" for name, number in details.most_common())


def _check_two(place: Path, listing: Listing) -> None:
    classes = sorted({image.label for image in listing})
    if len(classes) < 2:
        better = folder_of_classes(place)
        images, of = counted(len(listing), "image"), "class" if len(classes) == 1 else "classes"
        raise DataError(
            f"{place} must hold images of two classes or more",
            but=f"{images} of {len(classes)} {of} {'was' if len(listing) == 1 else 'were'} found"
            + (f": {classes[0]}" if classes else ""),
            do=f"Did you mean --data {shlex.quote(str(better))}? "
            f"It has {len(folders_with_images(better))} folders of images."
            if better
            else "Point --data at the folder above the class folders (PNG, JPEG, TIFF, BMP or DICOM images).",
        )
