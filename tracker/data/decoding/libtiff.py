"""libtiff, which comes with Pillow, as what undoes a compression."""

from __future__ import annotations

import io
import itertools
import struct
from collections.abc import Sequence

from PIL import TiffImagePlugin

from .reasons import UndecodableError

# Where pixels begin after a header and nine tags.
_START = 8 + 2 + 9 * 12 + 4

Bytes = bytes | memoryview


def uncompressed(
    pieces: Sequence[Bytes], compression: int, *, rows: int, row_bytes: int, most_rows: int
) -> bytes:
    """Undo a compression of bytes.

    Args:
        pieces: Strips or tiles as they lie in a file.
        compression: How TIFF calls the way that they were compressed: a lossless one, of bytes.
        rows: How many rows they have together.
        row_bytes: How many bytes a row takes.
        most_rows: How many rows each piece has, but for the last one, which may have fewer.

    Returns:
        The bytes of all pieces, one after the other.

    Raises:
        UndecodableError: One is damaged, or libtiff was built without this compression.
    """
    file = io.BytesIO(_tiff(pieces, compression, rows, row_bytes, most_rows))
    try:
        return TiffImagePlugin.TiffImageFile(file).tobytes()
    except OSError as error:
        raise UndecodableError(
            f"damaged or cut off (or its TIFF compression, {compression}, is not known here)"
        ) from error


def _tiff(pieces: Sequence[Bytes], compression: int, rows: int, row_bytes: int, most_rows: int) -> bytes:
    """Make a TIFF file whose pixels are bytes, each of them a gray."""
    count = len(pieces)
    ends = list(itertools.accumulate(map(len, pieces), initial=_START))
    # A tag of one number has it in the place of where its numbers are.
    starts_at, sizes_at = (ends[0], len(pieces[0])) if count == 1 else (ends[-1], ends[-1] + 4 * count)
    tags = [
        *((256, 1, row_bytes), (257, 1, rows), (258, 1, 8), (259, 1, compression), (262, 1, 1)),
        *((273, count, starts_at), (277, 1, 1), (278, 1, most_rows), (279, count, sizes_at)),
    ]
    arrays = struct.pack(f"<{2 * count}I", *ends[:-1], *map(len, pieces))
    directory = b"".join(struct.pack("<HHII", tag, 4, many, value) for tag, many, value in tags)
    header = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    return b"".join([header, directory, bytes(4), *pieces, arrays])
