"""The images that are to be explained: those of a folder, of a table, or named one by one.

Letters of shapes: N images, H = W their size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracker.config.recipe import OnUnreadable, Resize
from tracker.data.decoding import UndecodableError, decode, to_rgb
from tracker.data.sources.source import IMAGE_ENDINGS
from tracker.data.sources.walk import walk
from tracker.data.tables.columns import is_known
from tracker.data.tables.paths import Locator
from tracker.data.tables.rows import SourceTable, read_table
from tracker.errors import DataError, UnreadableImages

_TABLES = frozenset({".csv", ".tsv"})
_PATIENT = "patient"
_PATHS = ("path", "image", "file", "filename", "filepath", "image_path", "image_file")


@dataclass(frozen=True)
class FoundImages:
    """Images that are there.

    Attributes:
        files: Their files, by their names: paths below the folder of the data, with forward slashes.
        patients: Whose each is, by its name, where a table says it.
    """

    files: Mapping[str, Path]
    patients: Mapping[str, str]

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
        return FoundImages({name: self.files[name] for name in names}, self.patients)


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
        data: A folder, a table with a column `path`, and perhaps `patient`, or files of images.

    Raises:
        DataError: There are none.
    """
    found = _listed(data)
    if not found.files:
        raise DataError(
            "there must be images to be explained",
            but=f"{', '.join(map(str, data))} has none",
            do=f"Give a folder or files with one of these endings: {' '.join(sorted(IMAGE_ENDINGS))}.",
        )
    return found


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
            squares[name] = to_rgb(decode(file, image_size=image_size, resize=resize))
        except UndecodableError as error:
            reasons[name] = str(error)
    if reasons and (on_unreadable == "stop" or not squares):
        raise UnreadableImages(reasons)
    files = [found.files[name] for name in squares]
    return SeenImages(list(squares), files, np.stack([*squares.values()]), reasons)


def _listed(data: Sequence[Path]) -> FoundImages:
    if len(data) == 1 and data[0].is_dir():
        images = [file for file in walk(data[0]).files if file.suffix.lower() in IMAGE_ENDINGS]
        return FoundImages({file.relative_to(data[0]).as_posix(): file for file in images}, {})
    for path in data:
        if not path.is_file():
            raise DataError(
                "--data must be a folder, a table, or files of images",
                but=f"{path} is {'a folder among others' if path.is_dir() else 'not there'}",
                do="Check the path.",
            )
    if len(data) == 1 and data[0].suffix.lower() in _TABLES:
        return _in_table(read_table(data[0], is_known))
    names = [path.name for path in data]
    called = names if len(set(names)) == len(names) else map(str, data)
    return FoundImages(dict(zip(called, data, strict=True)), {})


def _in_table(table: SourceTable) -> FoundImages:
    called = [name.casefold() for name in table.names]
    places = [called.index(name) for name in _PATHS if name in called]
    if not places:
        raise DataError(
            "a table of images must have a column with their paths",
            but=f"{table.path} has {', '.join(table.names)}",
            do="Call it path.",
        )
    locator = Locator(table.path.parent, IMAGE_ENDINGS)
    cells = table.column(places[0])
    located = {cell: locator.locate(cell) for cell in cells}
    lost = [f"{cell}: {place.problem}" for cell, place in located.items() if place.problem]
    if lost:
        raise DataError(
            "the images of a table must be there",
            but=f"{len(lost)} of {len(located)} in {table.path} are not",
            do="Mend the table: paths are relative to it.",
            details=lost,
        )
    patients = table.column(called.index(_PATIENT)) if _PATIENT in called else []
    whose = dict(zip(cells, patients, strict=True)) if all(patients) and patients else {}
    return FoundImages({cell: place.path for cell, place in located.items()}, whose)
