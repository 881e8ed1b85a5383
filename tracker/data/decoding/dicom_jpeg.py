"""JPEG and JPEG 2000 images inside of DICOM files: their bits and colors as DICOM means them.

Shapes: image [H, W, S].
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from .dicom_layout import DicomLayout
from .jpeg import bits_of_jpeg
from .limits import require_affordable
from .pieces import require_few_scans
from .reasons import UndecodableError

_MODES_OF_JPEG = {1: {"L"}, 3: {"RGB", "YCbCr"}}
_MODES_OF_JPEG_2000 = {1: {"L", "I;16"}, 3: {"RGB"}}
_START_OF_SIZES = b"\xff\x4f\xff\x51"
_FIRST_CHANNEL = 42
_LONGEST_BOXES = 2**16
_OWN_COLORS = {"YBR_ICT", "YBR_RCT"}


def values_of_jpeg(frame: bytes, layout: DicomLayout) -> tuple[NDArray[Any], DicomLayout]:
    """Read a JPEG of 8 bits.

    Args:
        frame: The compressed image.
        layout: What the file says of it.

    Returns:
        [H, W, S], and the layout that its values have now.

    Raises:
        UndecodableError: It is damaged, deeper, or of another size than the file says.
    """
    require_few_scans(frame)
    if (bits := bits_of_jpeg(frame)) != 8:
        raise UndecodableError(f"DICOM with a JPEG of {bits or 'no'} bits, and only those of 8 bits are read")
    with _opened(frame, "JPEG") as picture:
        _require_size(picture, layout)
        as_stored = layout.samples == 3 and _is_as_stored(picture, layout)
        if as_stored and not _is_taken_for_rgb(picture):
            # Pillow would take it for YCbCr and convert it; it does not convert what it is asked for.
            picture.draft("YCbCr", picture.size)
        picture.load()
        _require_mode(picture, _MODES_OF_JPEG, layout)
        values = _three(np.asarray(picture))
        colors = _colors_of_jpeg(picture, layout, as_stored=as_stored)
    return values, _of_bits(replace(layout, colors=colors), 8)


def values_of_jpeg_2000(frame: bytes, layout: DicomLayout) -> tuple[NDArray[Any], DicomLayout]:
    """Read a JPEG 2000 of up to 16 bits, colors of up to 8.

    Args:
        frame: The compressed image.
        layout: What the file says of it.

    Returns:
        [H, W, S], and the layout that its values have now.

    Raises:
        UndecodableError: It is damaged, deeper, or of another size than the file says.
    """
    bits, signed = _bits_of_jpeg_2000(frame)
    if not 1 <= bits <= (16 if layout.samples == 1 else 8):
        raise UndecodableError(
            f"DICOM with a JPEG 2000 of {bits} bits: grays of up to 16 are read, and colors of up to 8"
        )
    with _opened(frame, "JPEG2000") as picture:
        _require_size(picture, layout)
        picture.load()
        _require_mode(picture, _MODES_OF_JPEG_2000, layout)
        values = _three(np.asarray(picture))
    # Pillow shifts values up, so that they fill 8 or 16 bits and are not negative.
    values = values >> (8 * values.dtype.itemsize - bits)
    if signed:
        values = values - np.array(1 << (bits - 1), values.dtype)
    colors = "RGB" if layout.colors in _OWN_COLORS else layout.colors
    return values, _of_bits(replace(layout, colors=colors), min(bits, layout.stored))


def _bits_of_jpeg_2000(frame: bytes) -> tuple[int, bool]:
    """Return how many bits the first channel has, and whether its values have a sign.

    pydicom's function for it never ends on a file one of whose boxes has no length.
    """
    # Boxes with other things may stand before it, though DICOM allows none.
    start = frame.find(_START_OF_SIZES, 0, _LONGEST_BOXES)
    if start < 0 or start + _FIRST_CHANNEL >= len(frame):
        return 0, False
    told = frame[start + _FIRST_CHANNEL]
    return (told & 0x7F) + 1, bool(told & 0x80)


def _opened(frame: bytes, name: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(frame), formats=[name])
    except UnidentifiedImageError as error:
        raise UndecodableError(f"damaged or cut off (DICOM whose picture is no {name})") from error


def _require_size(picture: Image.Image, layout: DicomLayout) -> None:
    require_affordable(*picture.size)
    if picture.size != (layout.width, layout.height):
        raise UndecodableError(
            f"damaged (DICOM of {layout.width} x {layout.height} with a picture of "
            f"{picture.width} x {picture.height})"
        )


def _require_mode(picture: Image.Image, modes: dict[int, set[str]], layout: DicomLayout) -> None:
    if picture.mode not in modes[layout.samples]:
        raise UndecodableError(f"damaged (DICOM {layout.colors} with a picture of mode {picture.mode})")


def _three(values: NDArray[Any]) -> NDArray[Any]:
    return values[:, :, None] if values.ndim == 2 else values


def _of_bits(layout: DicomLayout, bits: int) -> DicomLayout:
    """Return the layout of values that begin with the lowest bit."""
    return replace(layout, stored=bits, high=bits - 1, allocated=8 if bits <= 8 else 16, planar=False)


def _is_as_stored(picture: Image.Image, layout: DicomLayout) -> bool:
    """Say whether colors were compressed as they are, not as brightness and differences from it.

    A JPEG's own marks win over what the file around it says; without any, DICOM says what was compressed.
    """
    if (marked := _marked_as_rgb(picture)) is not None:
        return marked
    return _has_rgb_names(picture) or layout.colors == "RGB"


def _is_taken_for_rgb(picture: Image.Image) -> bool:
    """Say whether Pillow takes three channels for red, green and blue."""
    marked = _marked_as_rgb(picture)
    return _names(picture) == b"RGB" if marked is None else marked


def _marked_as_rgb(picture: Image.Image) -> bool | None:
    """Return what the marks of JFIF and Adobe say of three channels; None where neither is whole."""
    if "jfif" in picture.info:
        return False
    return picture.info["adobe_transform"] == 0 if "adobe_transform" in picture.info else None


def _has_rgb_names(picture: Image.Image) -> bool:
    return _names(picture).upper() == b"RGB"


def _names(picture: Image.Image) -> bytes:
    """Return the names of the channels, which have a byte each."""
    layers: list[tuple[int, ...]] = getattr(picture, "layer", [])
    return bytes(layer[0] for layer in layers)


def _colors_of_jpeg(picture: Image.Image, layout: DicomLayout, *, as_stored: bool) -> str:
    if layout.samples == 1:
        return layout.colors
    differences = as_stored and not _has_rgb_names(picture) and layout.colors != "RGB"
    return "YBR_FULL" if differences else "RGB"
