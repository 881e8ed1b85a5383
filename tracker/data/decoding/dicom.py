"""DICOM files: radiographs as their files say that they are to be seen.

Shapes: image [H, W, C].
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .deep import DeepImage
from .dicom_file import DicomFile, read_elements
from .dicom_gray import GRAY_KEYWORDS, WHITE, GrayTable, gray_table, padding, table_entries, table_shape
from .dicom_layout import LAYOUT_KEYWORDS, DicomLayout, layout_of
from .dicom_values import require_all_pixels, values_of_dicom
from .reasons import UndecodableError
from .shallow import ShallowImage

__all__ = ["check_dicom", "open_dicom"]

_PALETTE_KEYWORDS = tuple(
    f"{color}PaletteColorLookupTable{what}"
    for color in ("Red", "Green", "Blue")
    for what in ("Descriptor", "Data")
)
_SEGMENTED = "SegmentedRedPaletteColorLookupTableData"
_KEYWORDS = (
    *LAYOUT_KEYWORDS, *GRAY_KEYWORDS, *_PALETTE_KEYWORDS, _SEGMENTED,
    "PixelData", "FloatPixelData", "DoubleFloatPixelData",
)  # fmt: skip


def open_dicom(content: bytes) -> ShallowImage | DeepImage:
    """Read a DICOM file with one image.

    Args:
        content: What is in the file.

    Returns:
        The image; deep where its values do not fit a byte, or where its file says how they become grays.

    Raises:
        UndecodableError: It holds no image, several, or one that is not read.
    """
    file = read_elements(content, _KEYWORDS)
    layout = layout_of(file)
    values, layout = values_of_dicom(file, layout)
    if layout.is_gray:
        return _gray(values[:, :, 0], file, layout)
    numbers = _without_other_bits(values, layout)
    if layout.samples == 1:
        return _of_palette(numbers[:, :, 0], file, layout)
    return _of_colors(numbers, layout)


def check_dicom(content: bytes) -> None:
    """Refuse what `open_dicom` refuses, as far as it is told by the header and the number of bytes.

    Args:
        content: What is in the file.

    Raises:
        UndecodableError: As for `open_dicom`.
    """
    file = read_elements(content, _KEYWORDS)
    require_all_pixels(file, layout_of(file))


def _without_other_bits(values: NDArray[Any], layout: DicomLayout) -> NDArray[Any]:
    """Return values without the bits beside them, in which older files keep overlays."""
    native = values.astype(values.dtype.newbyteorder("="), copy=False)
    shift = layout.high + 1 - layout.stored
    if shift:
        native = native >> shift
    kept = 2**layout.stored - 1
    return native if layout.stored == 8 * native.dtype.itemsize else native & np.array(kept, native.dtype)


def _gray(raw: NDArray[Any], file: DicomFile, layout: DicomLayout) -> ShallowImage | DeepImage:
    values = _without_other_bits(raw, layout)
    table = gray_table(file, layout)
    outside = padding(raw, values, file, layout)
    seen = None if outside is None or not outside.any() else ~outside
    if table.values is None and layout.stored <= 8 and not layout.signed:
        return _shallow_gray(values, seen, table, layout)
    grays = table.values[values] if table.values is not None else _signed(values, layout)
    if table.windowed:
        _require_something_in_the_window(values, grays, seen)
    return DeepImage(
        grays[:, :, None],
        seen,
        white_is_zero=table.inverted,
        bounds=(0, WHITE) if table.windowed else None,
        pixel_height=layout.pixel_height,
    )


def _signed(values: NDArray[Any], layout: DicomLayout) -> NDArray[Any]:
    if not layout.signed:
        return values
    sign = 1 << (layout.stored - 1)
    signed: NDArray[Any] = (values.astype(np.int32) ^ sign) - sign
    return signed.astype(np.int16)


def _shallow_gray(
    values: NDArray[Any], seen: NDArray[np.bool_] | None, table: GrayTable, layout: DicomLayout
) -> ShallowImage:
    """Make an image of values that fit a byte: as in other formats, they stay what they are."""
    grays = _stretched(values, layout)
    if table.inverted:
        grays = 255 - grays
    if seen is not None:
        grays = np.where(seen, grays, np.uint8(0))
    return ShallowImage(Image.fromarray(np.ascontiguousarray(grays)), pixel_height=layout.pixel_height)


def _stretched(values: NDArray[Any], layout: DicomLayout) -> NDArray[np.uint8]:
    if layout.stored == 8:
        return values.astype(np.uint8)
    stretched: NDArray[np.uint8] = np.rint(values * (255 / (2**layout.stored - 1))).astype(np.uint8)
    return stretched


def _require_something_in_the_window(
    values: NDArray[Any], grays: NDArray[Any], seen: NDArray[np.bool_] | None
) -> None:
    """Refuse an image of which its own window shows nothing: one gray, where there are several values."""
    if seen is not None:
        values, grays = values[seen], grays[seen]
    if grays.size and grays.min() == grays.max() and values.min() != values.max():
        raise UndecodableError("DICOM whose window shows none of its values")


def _of_palette(numbers: NDArray[Any], file: DicomFile, layout: DicomLayout) -> ShallowImage:
    if _SEGMENTED in file.elements:
        raise UndecodableError("DICOM with a palette in segments")
    channels = [
        _channel(_numbers_as_meant(numbers, layout), color, file, layout)
        for color in ("Red", "Green", "Blue")
    ]
    return ShallowImage(Image.fromarray(np.stack(channels, axis=2)), pixel_height=layout.pixel_height)


def _numbers_as_meant(numbers: NDArray[Any], layout: DicomLayout) -> NDArray[np.int32]:
    return _signed(numbers, layout).astype(np.int32)


def _channel(
    numbers: NDArray[np.int32], color: str, file: DicomFile, layout: DicomLayout
) -> NDArray[np.uint8]:
    name = f"{color}PaletteColorLookupTable"
    entries, first, bits = table_shape(file.elements, f"{name}Descriptor", signed=layout.signed)
    table = table_entries(file.elements, f"{name}Data", entries, little=file.little)
    # Colors of 16 bits use all of them: what a screen shows of them is their higher byte.
    bytes_of_table = (table >> 8 if bits > 8 else table).astype(np.uint8)
    chosen: NDArray[np.uint8] = bytes_of_table[np.clip(numbers - first, 0, entries - 1)]
    return chosen


def _of_colors(values: NDArray[Any], layout: DicomLayout) -> ShallowImage | DeepImage:
    if layout.colors != "RGB" and layout.stored != 8:
        raise UndecodableError(f"DICOM {layout.colors} of {layout.stored} bits, and only 8 are read")
    if layout.stored > 8:
        return DeepImage(values, pixel_height=layout.pixel_height)
    colors = np.ascontiguousarray(_stretched(values, layout))
    if layout.colors == "RGB":
        return ShallowImage(Image.fromarray(colors), pixel_height=layout.pixel_height)
    height, width, _ = colors.shape
    picture = Image.frombytes("YCbCr", (width, height), colors.tobytes()).convert("RGB")
    return ShallowImage(picture, pixel_height=layout.pixel_height)
