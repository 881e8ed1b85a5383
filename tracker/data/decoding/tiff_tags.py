"""The tags of a TIFF file's first page, as whole numbers."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Any

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
    SUBSAMPLING = 530


_MOST_TAGS = 4096
# The types of whole numbers, the last ones for addresses in large files.
_WORDS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}


class TiffTags:
    """The tags of a file's first page.

    Args:
        content: What is in the file.
    """

    def __init__(self, content: bytes) -> None:
        self.order = "<" if content.startswith(b"II") else ">"
        self.big = b"+" in content[2:4]
        self._content = content
        (start,) = self._unpacked("8xQ" if self.big else "4xI", 0)
        (count,) = self._unpacked("Q" if self.big else "H", start)
        entry = "HHQ8s" if self.big else "HHI4s"
        first, size = start + (8 if self.big else 2), struct.calcsize(f"={entry}")
        self._entries: dict[int, tuple[int, int, bytes]] = {}
        for number in range(min(count, _MOST_TAGS)):
            tag, *what = self._unpacked(entry, first + number * size)
            self._entries[tag] = (what[0], what[1], what[2])

    def _unpacked(self, words: str, start: int) -> tuple[Any, ...]:
        return struct.unpack_from(f"{self.order}{words}", self._content, start)

    def __contains__(self, tag: Tag) -> bool:
        return tag in self._entries

    def numbers(self, tag: Tag, default: tuple[int, ...]) -> tuple[int, ...]:
        """Return the numbers of a tag, or the default where it is not there.

        Raises:
            UndecodableError: They are no whole numbers, negative, or beyond the end of the file.
        """
        if tag not in self._entries:
            return default
        kind, count, value = self._entries[tag]
        word = _WORDS.get(kind)
        if word is None:
            raise UndecodableError(f"damaged or cut off (the TIFF tag {tag} is no number)")
        size = count * struct.calcsize(f"={word}")
        if size > len(value):
            (start,) = struct.unpack(f"{self.order}{'Q' if self.big else 'I'}", value)
            value = self._content[start : start + size]
        if size > len(value):
            raise UndecodableError(f"damaged or cut off (the TIFF tag {tag} is beyond the end)")
        numbers = struct.unpack(f"{self.order}{count}{word}", value[:size])
        if min(numbers, default=0) < 0:
            raise UndecodableError(f"damaged or cut off (the TIFF tag {tag} is negative)")
        return numbers

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
