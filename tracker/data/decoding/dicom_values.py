"""The stored values of a DICOM image, out of its plain or compressed pixels.

Shapes: the image is [H, W, S].
"""

from __future__ import annotations

import io
import itertools
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import generate_fragments

from .dicom_file import DicomFile
from .dicom_jpeg import values_of_jpeg, values_of_jpeg_2000
from .dicom_layout import JPEG, JPEG_2000, NATIVE, DicomLayout
from .dicom_rle import values_of_rle
from .reasons import UndecodableError

_MOST_PIECES = 100_000


def values_of_dicom(file: DicomFile, layout: DicomLayout) -> tuple[NDArray[Any], DicomLayout]:
    """Read all values, as they are stored: unsigned, with all bits that are allocated.

    Args:
        file: The elements, `PixelData` among them.
        layout: How they lie in it.

    Returns:
        [H, W, S], and the layout that they have now: what compresses colors may change how they are told.

    Raises:
        UndecodableError: It is cut off or damaged, or its compression does not go with its layout.
    """
    require_all_pixels(file, layout)
    element = file.elements["PixelData"]
    data: bytes = element.value
    if layout.syntax in NATIVE:
        return _plain(data, layout, swapped=element.VR == "OW")
    frame = _frame(data)
    if layout.syntax in JPEG:
        return values_of_jpeg(frame, layout)
    if layout.syntax in JPEG_2000:
        return values_of_jpeg_2000(frame, layout)
    return values_of_rle(frame, layout), replace(layout, planar=False)


def require_all_pixels(file: DicomFile, layout: DicomLayout) -> None:
    """Refuse a file that has no pixels, or fewer bytes than they take.

    Raises:
        UndecodableError: It is cut off, or compressed without saying so.
    """
    element = file.elements["PixelData"]
    if not isinstance(element.value, bytes):
        raise UndecodableError("damaged or cut off (DICOM without pixels)")
    if layout.syntax in NATIVE:
        if element.is_undefined_length:
            raise UndecodableError("DICOM that is compressed and does not say how")
        if len(element.value) < _count(layout) * layout.allocated // 8:
            raise UndecodableError("damaged or cut off (not all of its pixels)")


def _count(layout: DicomLayout) -> int:
    return layout.count * 2 // 3 if layout.colors == "YBR_FULL_422" else layout.count


def _plain(data: bytes, layout: DicomLayout, *, swapped: bool) -> tuple[NDArray[Any], DicomLayout]:
    count = _count(layout)
    if layout.allocated == 8 and swapped and not layout.little:
        # Bytes that were written as words of two, of which the higher comes first.
        pairs = np.frombuffer(data, np.uint8, len(data) // 2 * 2).reshape(-1, 2)
        values = pairs[:, ::-1].reshape(-1)[:count]
    else:
        values = np.frombuffer(data, f"{'<' if layout.little else '>'}u{layout.allocated // 8}", count)
    if len(values) < count:
        raise UndecodableError("damaged or cut off (not all of its pixels)")
    if layout.colors == "YBR_FULL_422":
        return _of_pairs(values, layout), replace(layout, colors="YBR_FULL", planar=False)
    if layout.planar:
        planes = values.reshape(layout.samples, layout.height, layout.width)
        return np.moveaxis(planes, 0, 2), replace(layout, planar=False)
    return values.reshape(layout.height, layout.width, layout.samples), layout


def _of_pairs(values: NDArray[Any], layout: DicomLayout) -> NDArray[Any]:
    """Give each pixel the color that it shares with its neighbor."""
    if layout.width % 2:
        raise UndecodableError("damaged (DICOM YBR_FULL_422 of an odd width)")
    fours = values.reshape(layout.height, layout.width // 2, 4)
    pixels = np.stack([fours[:, :, [0, 2, 3]], fours[:, :, [1, 2, 3]]], axis=2)
    return pixels.reshape(layout.height, layout.width, 3)


def _frame(data: bytes) -> bytes:
    """Return the compressed image out of its pieces, the first of which says where frames begin."""
    pieces = list(itertools.islice(generate_fragments(io.BytesIO(data)), _MOST_PIECES + 1))
    if len(pieces) > _MOST_PIECES:
        raise UndecodableError("DICOM with its pixels in too many pieces")
    if len(pieces) < 2:
        raise UndecodableError("damaged or cut off (DICOM without pixels)")
    if len(pieces[0]) > 4:
        raise UndecodableError(f"damaged (DICOM of one frame that says where {len(pieces[0]) // 4} begin)")
    return b"".join(pieces[1:])
