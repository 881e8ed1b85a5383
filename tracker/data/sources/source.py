"""What a source of images has to say about them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tracker.data.sources.formats import holds_dicom
from tracker.io.progress import Progress
from tracker.records import Part

DICOM_ENDINGS = frozenset({".dcm", ".dicom", ".dic", ".ima"})
IMAGE_ENDINGS = DICOM_ENDINGS | {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".bmp"}

_PART_WORDS: Mapping[str, Part] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
    "dev": "val",
    "devel": "val",
    "development": "val",
    "tst": "test",
    "holdout": "test",
    "heldout": "test",
}
"""How folders and tables in the wild name the parts of a split, in lower case."""

_BESIDE_PART_WORDS = frozenset({"set", "data", "dataset", "split", "part", "images", "imgs"})


@dataclass(frozen=True, slots=True)
class SourceImage:
    """One image as its source describes it, before its content was looked at.

    Attributes:
        id: Path below the data set's folder, with forward slashes; unique.
        path: Absolute path of the file.
        label: Name of its class.
        patient: Whose image it is, where the source knows.
        part: Its part of the split, where the source dictates one.
        attributes: What else is known, such as sex, age and finding.
    """

    id: str
    path: Path
    label: str
    patient: str | None = None
    part: Part | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of data set.

    Attributes:
        name: What `--dataset` calls it.
        collect: Lists the images under a root, or makes a `Listing` of them and of what it left out; raises
            DataError, with all that is wrong at once.
        default_split: The split rule of the study that the data set is known for.
        provide: Has the images on this machine and returns their folder, where no `--data` is needed:
            downloads or draws them, unless that was done before.
        one_image_a_patient: Whether every image is known to be of another person.
        with_columns: The same over a table that calls `path`, `label`, `patient` and `split` as a user says;
            None: it has no such columns.
        collect_missing: As `collect`, but images whose files are not there are listed, too, and left to
            `--on-unreadable skip`; None: `collect` lists them itself.
        recognizes: Says whether a place is this data set; None: it is not told by its looks.
        rank: Where messages list it: lower ones first, equal ones by name. Data sets stand before the user's
            own images (90 and more).
    """

    name: str
    collect: Callable[[Path], Sequence[SourceImage]]
    default_split: str | None = None
    provide: Callable[[Progress], Path] | None = None
    one_image_a_patient: bool = False
    with_columns: Callable[[Mapping[str, str]], Source] | None = None
    collect_missing: Callable[[Path], Sequence[SourceImage]] | None = None
    recognizes: Callable[[Path], bool] | None = None
    rank: int = 50


def part_named(name: str) -> Part | None:
    """Return the part of a split that a name such as `Training`, `TEST_SET` or `hold-out` means.

    Args:
        name: Of a folder, or what a table says.

    Returns:
        The part; None where it means none.
    """
    words = [word for word in re.split(r"[\W_]+", name.lower()) if word]
    told = "".join(word for word in words if word not in _BESIDE_PART_WORDS)
    for beside in ("", "set", "data"):
        if part := _PART_WORDS.get(told.removesuffix(beside)):
            return part
    return None


def is_image(path: Path) -> bool:
    """Return whether a path is an image and not hidden: by its name, or as DICOM whose name says nothing."""
    return not path.name.startswith(".") and (path.suffix.lower() in IMAGE_ENDINGS or holds_dicom(path))


def is_dicom_file(path: Path) -> bool:
    """Return whether an image is DICOM: by its name, or by its content where its name says nothing."""
    ending = path.suffix.lower()
    return ending in DICOM_ENDINGS or (ending not in IMAGE_ENDINGS and holds_dicom(path))
