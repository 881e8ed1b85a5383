"""Where lesions are on images: as masks in files of their own, or as boxes in a table.

Letters of shapes: H = W the network's images.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

from tracker.config.recipe import Resize
from tracker.data.decoding.resizing import resized
from tracker.data.sources.source import IMAGE_ENDINGS
from tracker.data.sources.walk import walk
from tracker.data.tables.rows import read_table
from tracker.errors import DataError

Mask = NDArray[np.bool_]
_BOX = ("image", "x", "y", "width", "height")
_SAME_SHAPE = 0.02
_HALF = 128
_BELONGS = ("_mask", "-mask")

_Draw = Callable[[Path], Image.Image]


class Masks:
    """Knows where lesions are.

    Args:
        drawn: What draws an image's mask in gray at the image's own size, given the image's file; by the
            image's name, with or without folders and ending.
        source: Where they are from.
    """

    def __init__(self, drawn: Mapping[str, _Draw], source: Path) -> None:
        self._drawn = _by_every_name(drawn)
        self.source = source

    def has(self, image: str) -> bool:
        """Say whether there is a mask of an image.

        Args:
            image: Its name.
        """
        return self._find(image) is not None

    def mask(self, image: str, file: Path, *, image_size: int, resize: Resize) -> Mask:
        """Return where lesions are on an image as the network sees it, [H, W].

        Args:
            image: Its name, one that has a mask.
            file: Its file.
            image_size: Height and width of the network's images.
            resize: How the image becomes square.

        Raises:
            DataError: The mask cannot be read, or is not of the image's shape.
        """
        draw = self._find(image)
        assert draw is not None
        square = np.asarray(resized(draw(file), image_size, resize))
        # What is smaller than a pixel is not lost.
        return square >= _HALF if (square >= _HALF).any() else square > 0

    def _find(self, image: str) -> _Draw | None:
        return next((self._drawn[name] for name in _names_of(image) if name in self._drawn), None)


def read_masks(place: Path) -> Masks:
    """Find masks, or read boxes.

    Args:
        place: A folder of masks that are named like their images, or a table with the columns image, x, y,
            width and height: pixels of the image, x and y of the upper left corner.

    Raises:
        DataError: There is no such thing, or the table is not as it must be.
    """
    if place.is_dir():
        files = [file for file in walk(place).files if file.suffix.lower() in IMAGE_ENDINGS]
        return Masks({file.relative_to(place).as_posix(): _from_file(file) for file in files}, place)
    if not place.is_file():
        raise DataError(
            "--masks must be a folder of masks, or a table of boxes",
            but=f"{place} is not there",
            do="Check the path.",
        )
    return Masks({image: _from_boxes(boxes) for image, boxes in _boxes(place).items()}, place)


def _names_of(name: str) -> Sequence[str]:
    """Return what something can be found by, the most exact first."""
    path = PurePosixPath(name)
    return (name, path.with_suffix("").as_posix(), path.name, path.stem)


def _by_every_name(drawn: Mapping[str, _Draw]) -> dict[str, _Draw]:
    """Return masks by all their names, without those that several have."""
    several: dict[str, set[str]] = defaultdict(set)
    for name in drawn:
        for called in _names_of(name):
            several[called].add(name)
            several[next((called.removesuffix(end) for end in _BELONGS if called.endswith(end)), called)].add(
                name
            )
    return {called: drawn[next(iter(names))] for called, names in several.items() if len(names) == 1}


def _from_file(mask: Path) -> _Draw:
    def draw(file: Path) -> Image.Image:
        drawn = _opened(mask).convert("RGB").convert("L").point(lambda gray: 255 if gray else 0)
        width, height = _opened(file).size
        if abs(drawn.width * height - drawn.height * width) > _SAME_SHAPE * drawn.height * width:
            raise DataError(
                "a mask must have the shape of its image",
                but=f"{mask} is {drawn.width} x {drawn.height}, and {file} {width} x {height}",
                do="Draw it on the image as it is stored.",
            )
        return drawn

    return draw


def _from_boxes(boxes: Sequence[tuple[float, float, float, float]]) -> _Draw:
    def draw(file: Path) -> Image.Image:
        drawn = Image.new("L", _opened(file).size)
        for x, y, width, height in boxes:
            corner = (max(x, x + width - 1), max(y, y + height - 1))
            ImageDraw.Draw(drawn).rectangle(((x, y), corner), fill=255)
        return drawn

    return draw


def _opened(file: Path) -> Image.Image:
    """Open an image, turned as it says."""
    try:
        with Image.open(file) as image:
            return ImageOps.exif_transpose(image)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise DataError(
            "masks need files whose size can be read",
            but=f"{file}: {error}",
            do="Convert it to PNG, and draw the mask or box on that.",
        ) from None


def _boxes(place: Path) -> dict[str, list[tuple[float, float, float, float]]]:
    table = read_table(place, _BOX.__contains__)
    names = [name.casefold() for name in table.names]
    if missing := [name for name in _BOX if name not in names]:
        raise DataError(
            f"a table of boxes must have the columns {', '.join(_BOX)}",
            but=f"{place} has no {', no '.join(missing)}",
            do="Name them so; x and y are the upper left corner, all in pixels of the image.",
        )
    columns = [names.index(name) for name in _BOX]
    boxes: dict[str, list[tuple[float, float, float, float]]] = defaultdict(list)
    for row in table.rows:
        image, *numbers = (row.cells[column] for column in columns)
        boxes[image].append(_box(numbers, place, row.line))
    return dict(boxes)


def _box(cells: Sequence[str], place: Path, line: int) -> tuple[float, float, float, float]:
    try:
        x, y, width, height = map(float, cells)
    except ValueError:
        x = y = width = height = -1.0
    if not (0 <= x < np.inf and 0 <= y < np.inf and 0 < width < np.inf and 0 < height < np.inf):
        raise DataError(
            "a box must be four numbers: x, y, width and height, the latter two above zero",
            but=f"line {line} of {place} has {', '.join(cells)}",
            do="Mend the table.",
        )
    return x, y, width, height
