"""libtiff, which comes with Pillow: quiet, and as what undoes a compression."""

from __future__ import annotations

import ctypes
import io
import struct
from contextlib import suppress
from functools import cache

from PIL import TiffImagePlugin, _imaging

from .reasons import UndecodableError

_ENTRY = struct.Struct("<HHII")
_SHORT, _LONG = 3, 4


@cache
def silence_libtiff() -> None:
    """Keep libtiff from writing to the terminal, where nobody could tell which file it speaks of.

    What it says of a damaged file comes as an exception, too. Where libtiff is a part of Pillow's own library
    (on Windows), its functions have no names, and it goes on speaking.
    """
    with suppress(AttributeError, OSError):
        library = ctypes.CDLL(_imaging.__file__)
        library.TIFFSetErrorHandler(None)
        library.TIFFSetWarningHandler(None)


def uncompressed(data: bytes | memoryview, compression: int, *, rows: int, row_bytes: int) -> bytes:
    """Undo a compression of bytes.

    Args:
        data: One strip or tile as it lies in a file.
        compression: How TIFF calls the way that it was compressed: a lossless one, of bytes.
        rows: How many rows it has.
        row_bytes: How many bytes a row takes.

    Raises:
        UndecodableError: It is damaged, or libtiff was built without this compression.
    """
    image = TiffImagePlugin.TiffImageFile(io.BytesIO(_tiff(data, compression, rows, row_bytes)))
    try:
        return image.tobytes()
    except OSError as error:
        raise UndecodableError(
            f"damaged or cut off (or its TIFF compression, {compression}, is not known here)"
        ) from error


def _tiff(data: bytes | memoryview, compression: int, rows: int, row_bytes: int) -> bytes:
    """Make a TIFF file whose pixels are bytes, each of them a gray."""
    tags = [
        (256, _LONG, row_bytes),
        (257, _LONG, rows),
        (258, _SHORT, 8),
        (259, _SHORT, compression),
        (262, _SHORT, 1),
        (273, _LONG, 0),
        (277, _SHORT, 1),
        (278, _LONG, rows),
        (279, _LONG, len(data)),
    ]
    start = 8 + 2 + _ENTRY.size * len(tags) + 4
    entries = (_ENTRY.pack(tag, kind, 1, start if tag == 273 else value) for tag, kind, value in tags)
    return b"".join([b"II*\0", struct.pack("<IH", 8, len(tags)), *entries, bytes(4), data])
