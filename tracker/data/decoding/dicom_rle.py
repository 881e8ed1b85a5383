"""DICOM's run-length encoding: a header, and each byte of the values apart, packed as TIFF's PackBits are.

Shapes: image [H, W, S].
"""

from __future__ import annotations

import itertools
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dicom_layout import DicomLayout
from .libtiff import uncompressed
from .reasons import UndecodableError

_HEADER = struct.Struct("<16I")
_MOST_SEGMENTS = 15
_PACKBITS = 32773
# A run takes two bytes for as few as one.
_PACKED_MORE = 1024


def values_of_rle(frame: bytes, layout: DicomLayout) -> NDArray[Any]:
    """Read the values of an image.

    Args:
        frame: The compressed image.
        layout: How large it is.

    Returns:
        [H, W, S].

    Raises:
        UndecodableError: It is damaged.
    """
    bytes_each = layout.allocated // 8
    if len(frame) < _HEADER.size:
        raise UndecodableError("damaged or cut off (DICOM RLE without its header)")
    count, *starts = _HEADER.unpack_from(frame)
    if count != bytes_each * layout.samples or count > _MOST_SEGMENTS:
        raise UndecodableError(f"damaged (DICOM RLE of {count} parts)")
    starts = [*starts[:count], len(frame)]
    planes = [_plane(frame, start, end, layout) for start, end in itertools.pairwise(starts)]
    # The higher bytes of a channel come before the lower ones.
    joined = np.stack(planes, axis=2).reshape(layout.height, layout.width, layout.samples, bytes_each)
    return joined.view(f">u{bytes_each}")[..., 0]


def _plane(frame: bytes, start: int, end: int, layout: DicomLayout) -> NDArray[np.uint8]:
    size = layout.height * layout.width
    if not _HEADER.size <= start <= end:
        raise UndecodableError("damaged (DICOM RLE whose parts lie in each other)")
    packed = memoryview(frame)[start : min(end, start + 2 * size + _PACKED_MORE)]
    data = uncompressed(
        [packed], _PACKBITS, rows=layout.height, row_bytes=layout.width, most_rows=layout.height
    )
    return np.frombuffer(data, np.uint8, size).reshape(layout.height, layout.width)
