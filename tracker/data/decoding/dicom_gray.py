"""From the stored values of a gray DICOM image to what its file says that a reader is to see.

The standard's way (PS3.3 C.11): stored values become those of the modality, by a rescale or a table, and
these become grays by a window or a table of values of interest, where the file gives one.

Shapes: a table T has a place for every stored value, in the order of their bits; the image is [H, W].
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from .dicom_file import DicomFile, values_of
from .dicom_layout import DicomLayout
from .reasons import UndecodableError

GRAY_KEYWORDS = (
    *("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence", "VOILUTSequence", "WindowCenter"),
    *("WindowWidth", "VOILUTFunction", "PresentationLUTShape", "PixelPaddingValue", "PixelPaddingRangeLimit"),
)
WHITE = 65535
"""What a window's upper end becomes."""


@dataclass(frozen=True)
class GrayTable:
    """What stored values become.

    Attributes:
        values: T of whole numbers; None where stored values stay what they are.
        windowed: Whether they are grays from 0 to `WHITE`, to be stretched no further.
        inverted: Whether the lowest of them is white.
    """

    values: NDArray[Any] | None
    windowed: bool
    inverted: bool


def gray_table(file: DicomFile, layout: DicomLayout) -> GrayTable:
    """Return what stored values become.

    Args:
        file: The elements `GRAY_KEYWORDS`.
        layout: How many bits are stored, and whether they have a sign.

    Raises:
        UndecodableError: A table or number is none that can be meant.
    """
    stored = _stored_values(layout)
    inverted = layout.colors == "MONOCHROME1" or file.text("PresentationLUTShape") == "INVERSE"
    table = _lookup_table(file, "ModalityLUTSequence", stored, signed=layout.signed)
    slope = _number(file, "RescaleSlope", 1.0)
    if slope == 0:
        raise UndecodableError("damaged (DICOM whose values are multiplied by 0)")
    modality = slope * stored + _number(file, "RescaleIntercept", 0.0) if table is None else table[0]
    grays = _grays(file, modality)
    if grays is not None:
        return GrayTable(np.rint(grays * WHITE).astype(np.uint16), windowed=True, inverted=inverted)
    if table is not None:
        return GrayTable(table[0].astype(np.uint16), windowed=False, inverted=inverted)
    return GrayTable(None, windowed=False, inverted=inverted != (slope < 0))


def padding(
    raw: NDArray[Any], stored: NDArray[Any], file: DicomFile, layout: DicomLayout
) -> NDArray[np.bool_] | None:
    """Return where there is no image, only what fills the frame [H, W]; None where the file names no filling.

    Args:
        raw: Values with all bits that are allocated [H, W].
        stored: The same without the bits beside them [H, W].
        file: The elements `GRAY_KEYWORDS`.
        layout: How many bits are stored, and whether they have a sign.
    """
    if not file.values("PixelPaddingValue"):
        return None
    first = _in_range(file.number("PixelPaddingValue"), layout)
    last = _in_range(file.number("PixelPaddingRangeLimit", first), layout)
    possible = _stored_values(layout)
    # The value may be the lower or the upper end.
    filling = (possible >= min(first, last)) & (possible <= max(first, last))
    if not filling.any() and first == last:
        # It needs more bits than those of the values.
        return np.asarray(raw == first % 2**layout.allocated)
    return np.asarray(filling[stored])


def _in_range(value: int, layout: DicomLayout) -> int:
    """Return a number as values count, whichever sign its own kind of element gave it."""
    whole = int(2**layout.allocated)
    value %= whole
    return value - whole if layout.signed and value >= whole // 2 else value


def _stored_values(layout: DicomLayout) -> NDArray[np.float64]:
    values = np.arange(2**layout.stored, dtype=np.float64)
    return (
        np.where(values >= 2 ** (layout.stored - 1), values - 2**layout.stored, values)
        if layout.signed
        else values
    )


def _number(file: DicomFile, keyword: str, default: float) -> float:
    numbers = file.numbers(keyword)
    if numbers and not math.isfinite(numbers[0]):
        raise UndecodableError(f"damaged (DICOM whose {keyword} is {numbers[0]})")
    return numbers[0] if numbers else default


def _grays(file: DicomFile, modality: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return grays from 0 to 1; None where the file does not say which values are of interest."""
    table = _lookup_table(file, "VOILUTSequence", modality, signed=bool(modality.min() < 0))
    if table is not None:
        grays, bits = table
        return np.asarray(grays / (2**bits - 1))
    centers, widths = file.numbers("WindowCenter"), file.numbers("WindowWidth")
    if not (centers and widths):
        return None
    return windowed(modality, centers[0], widths[0], file.text("VOILUTFunction") or "LINEAR")


def windowed(
    values: NDArray[np.float64], center: float, width: float, function: str
) -> NDArray[np.float64] | None:
    """Apply a window, as PS3.3 C.11.2.1 defines it.

    Args:
        values: Those of the modality, of any shape.
        center: Of the window.
        width: Of the window.
        function: `LINEAR`, `LINEAR_EXACT` or `SIGMOID`.

    Returns:
        Grays from 0 to 1; None where the width is none that the standard allows, as some programs write where
        they mean no window.

    Raises:
        UndecodableError: The function is another one.
    """
    if not (math.isfinite(center) and math.isfinite(width)):
        return None
    if width <= 0 or (function == "LINEAR" and width < 1):
        return None
    if function == "LINEAR":
        if width == 1:
            return (values > center - 0.5).astype(np.float64)
        return np.asarray(np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1))
    if function == "LINEAR_EXACT":
        return np.asarray(np.clip((values - center) / width + 0.5, 0, 1))
    if function == "SIGMOID":
        exponents = np.clip(-4 * (values - center) / width, -700, 700)
        return np.asarray(1 / (1 + np.exp(exponents)))
    raise UndecodableError(f"DICOM with a window of a kind that is not read ({function[:20]})")


def _lookup_table(
    file: DicomFile, keyword: str, values: NDArray[np.float64], *, signed: bool
) -> tuple[NDArray[np.float64], int] | None:
    """Return what the first table of a sequence makes of values, and of how many bits; None without one."""
    items = file.values(keyword)
    if not items:
        return None
    entries, first, bits = table_shape(items[0], "LUTDescriptor", signed=signed)
    table = table_entries(items[0], "LUTData", entries, little=file.little)
    places = np.clip(np.rint(values) - first, 0, entries - 1).astype(np.int64)
    return table[places].astype(np.float64), max(bits, int(table.max()).bit_length(), 1)


def table_shape(item: Dataset, keyword: str, *, signed: bool) -> tuple[int, int, int]:
    """Return how many entries a table has, which value the first of them is for, and how many bits they have.

    Args:
        item: What the table belongs to.
        keyword: The element that describes it.
        signed: Whether the values that it is for may be negative.

    Raises:
        UndecodableError: It says something else.
    """
    described = [int(value) for value in values_of(item, keyword)]
    if len(described) != 3 or not 1 <= described[2] <= 16:
        raise UndecodableError("damaged (DICOM with a table that is not described)")
    # Which sign they have depends on the kind of the element, which programs get wrong.
    entries, first = described[0] % 65536 or 65536, described[1] % 65536
    return entries, first - 65536 if signed and first >= 32768 else first, described[2]


def table_entries(item: Dataset, keyword: str, entries: int, *, little: bool) -> NDArray[np.uint16]:
    """Return the entries of a table, whether they take one byte each or two.

    Args:
        item: What the table belongs to.
        keyword: The element that holds them.
        entries: How many there have to be.
        little: Whether numbers of two bytes begin with the lower one.

    Raises:
        UndecodableError: There are fewer.
    """
    data = item.get(keyword)
    if isinstance(data, bytes):
        wide = len(data) >= 2 * entries
        read = np.frombuffer(
            data, f"{'<' if little else '>'}u2" if wide else np.uint8, count=-1 if not wide else entries
        )
        found = read.astype(np.uint16)
    else:
        found = np.array([int(value) % 65536 for value in values_of(item, keyword)], np.uint16)
    if len(found) < entries:
        raise UndecodableError("damaged or cut off (DICOM with a table without all of its entries)")
    return found[:entries]
