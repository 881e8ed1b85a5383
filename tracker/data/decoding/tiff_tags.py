"""The tags of a TIFF file's first page, as whole numbers."""

from __future__ import annotations

import io
from enum import IntEnum
from typing import Any

from PIL import TiffImagePlugin

from .reasons import UndecodableError

PREFIXES = (b"II*\0", b"MM\0*", b"II\0*", b"MM*\0", b"II+\0", b"MM\0+")


class Tag(IntEnum):
    """What a tag's number means."""

    WIDTH = 256
    HEIGHT = 257
    BITS = 258
    COMPRESSION = 259
    PHOTOMETRIC = 262
    FILL_ORDER = 266
    STRIP_OFFSETS = 273
    ORIENTATION = 274
    SAMPLES = 277
    ROWS_OF_STRIP = 278
    STRIP_BYTES = 279
    PLANAR = 284
    PREDICTOR = 317
    COLOR_MAP = 320
    TILE_WIDTH = 322
    TILE_HEIGHT = 323
    TILE_OFFSETS = 324
    TILE_BYTES = 325
    EXTRA_SAMPLES = 338
    SAMPLE_FORMAT = 339


class Tags:
    """The tags of a file's first page.

    Args:
        content: What is in the file.
    """

    def __init__(self, content: bytes) -> None:
        big = b"+" in content[2:4]
        self._directory = TiffImagePlugin.ImageFileDirectory_v2(content[: 16 if big else 8])
        file = io.BytesIO(content)
        file.seek(self._directory.next)
        self._directory.load(file)
        self.order = "<" if content.startswith(b"II") else ">"

    def __contains__(self, tag: Tag) -> bool:
        return tag in self._directory

    def numbers(self, tag: Tag, default: tuple[int, ...]) -> tuple[int, ...]:
        """Return the numbers of a tag, or the default where it is not there.

        Raises:
            UndecodableError: They are no numbers, or negative.
        """
        value: Any = self._directory.get(tag, default)
        values = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(number, int) and number >= 0 for number in values):
            raise UndecodableError(f"damaged or cut off (the TIFF tag {tag} is no number)")
        return values

    def number(self, tag: Tag, default: int | None = None) -> int:
        """Return the first number of a tag.

        Raises:
            UndecodableError: There is none, and no default.
        """
        values = self.numbers(tag, () if default is None else (default,))
        if not values:
            raise UndecodableError(f"damaged or cut off (no TIFF tag {tag})")
        return values[0]

    def same(self, tag: Tag, default: int) -> int:
        """Return the number that a tag gives to every channel.

        Raises:
            UndecodableError: They differ.
        """
        values = set(self.numbers(tag, (default,)))
        if len(values) != 1:
            raise UndecodableError("its channels differ in how their values are stored")
        return values.pop()
