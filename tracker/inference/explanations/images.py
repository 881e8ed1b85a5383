"""The images that are to be explained: those of a folder, of a table, or named one by one.

Letters of shapes: N images, H = W their size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracker.config.recipe import OnUnreadable, Resize
from tracker.data.decoding import UndecodableError, decode, to_rgb
from tracker.data.places import TABLES
from tracker.data.sources.source import is_image
from tracker.data.tables.columns import find_path, is_known
from tracker.data.tables.rows import read_table
from tracker.errors import DataError, UnreadableImages
from tracker.inference.asked_images import asked_images

_PATIENT = "patient"


@dataclass(frozen=True)
class FoundImages:
    """Images that are there.

    Attributes:
        files: Their files, by their names: paths below the folder of the data, with forward slashes.
        patients: Whose each is, by its name, where a table says it.
        problems: Why there is no such file, by its name.
    """

    files: Mapping[str, Path]
    patients: Mapping[str, str]
    problems: Mapping[str, str]

    def some(self, most: int) -> FoundImages:
        """Return so many of them at most, which lie evenly from the first to the last.

        Args:
            most: How many.
        """
        names = list(self.files)
        places = np.linspace(0, len(names) - 1, min(most, len(names))).round().astype(int)
        return self.of(names[place] for place in dict.fromkeys(places.tolist()))

    def of(self, names: Iterable[str]) -> FoundImages:
        """Return those with some names.

        Args:
            names: Of images that are there.
        """
        return replace(self, files={name: self.files[name] for name in names})


@dataclass(frozen=True)
class SeenImages:
    """Images as a network sees them.

    Attributes:
        names: Their paths below the folder of the data, with forward slashes.
        files: Their files.
        pixels: uint8 [N, H, W, 3].
        unreadable: Why others are left out, by their names.
    """

    names: Sequence[str]
    files: Sequence[Path]
    pixels: NDArray[np.uint8]
    unreadable: dict[str, str]


def find_images(data: Sequence[Path]) -> FoundImages:
    """Return the images of a folder, a table, or a list.

    Args:
        data: A folder, a table with a column of paths, and perhaps `patient`, or files of images.

    Raises:
        DataError: There are none.
    """
    if len(data) > 1 and (other := next((path for path in data if not is_image(path)), None)):
        raise DataError(
            "of several --data, each must be an image",
            but=f"{other} is none",
            do="Give one folder, one table, or images.",
        )
    found = [image for place in data for image in asked_images(place).images]
    patients = _patients(data[0]) if data[0].suffix.lower() in TABLES else {}
    problems = {image.name: image.problem for image in found if image.problem}
    return FoundImages({image.name: image.path for image in found}, patients, problems)


def see_images(
    found: FoundImages, *, image_size: int, resize: Resize, on_unreadable: OnUnreadable
) -> SeenImages:
    """Decode images as they were decoded for training.

    Args:
        found: The images.
        image_size: Height and width, in pixels.
        resize: How an image that is not square becomes one.
        on_unreadable: Whether to go on without those that cannot be decoded.

    Raises:
        UnreadableImages: Some cannot be decoded and are not to be skipped, or none can.
    """
    squares, reasons = {}, {}
    for name, file in found.files.items():
        try:
            if problem := found.problems.get(name):
                raise UndecodableError(problem)
            squares[name] = to_rgb(decode(file, image_size=image_size, resize=resize))
        except UndecodableError as error:
            reasons[name] = str(error)
    if reasons and (on_unreadable == "stop" or not squares):
        raise UnreadableImages(reasons)
    files = [found.files[name] for name in squares]
    return SeenImages(list(squares), files, np.stack([*squares.values()]), reasons)


def _patients(file: Path) -> dict[str, str]:
    """Return whose each image of a table is; empty where it does not say it of all."""
    table = read_table(file, is_known)
    if _PATIENT not in table.names:
        return {}
    patients = table.column(table.names.index(_PATIENT))
    return dict(zip(table.column(find_path(table, {})), patients, strict=True)) if all(patients) else {}
