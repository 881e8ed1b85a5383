"""TIFF files: those of 8 bits are read by Pillow, and the many others as their tags say.

Shapes: image [H, W, C].
"""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from .deep import DeepImage
from .reasons import UndecodableError
from .shallow import ShallowImage, shallow
from .tiff_layout import (
    BLACK_IS_ZERO,
    CMYK,
    JPEG,
    NOT_COMPRESSED,
    PALETTE,
    RGB,
    WHITE_IS_ZERO,
    YCBCR,
    TiffLayout,
    layout_of,
)
from .tiff_tags import PREFIXES, Tag, TiffTags
from .tiff_values import values_of

__all__ = ["PREFIXES", "open_tiff"]

_KNOWN = (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR)
_OVER_BLACK = 1


def open_tiff(content: bytes) -> ShallowImage | DeepImage:
    """Read the first page of a TIFF file.

    Args:
        content: What is in the file.

    Returns:
        The image, deep where its values do not fit a byte.
    """
    tags = TiffTags(content)
    layout = layout_of(tags)
    _require_known(layout)
    if layout.photometric == PALETTE:
        return _of_palette(content, tags, layout)
    # Pillow stumbles over a large file that is big-endian.
    if _pillow_reads(layout) and not (tags.big and tags.order == ">"):
        # Its versions differ in which channels they know.
        with suppress(UnidentifiedImageError):
            return _by_pillow(content)
    values = values_of(content, layout)
    orientation = tags.number(Tag.ORIENTATION, 1)
    colors = 3 if layout.photometric == RGB else 1
    alpha = _alpha(tags, layout, colors)
    if layout.fits_bytes:
        return ShallowImage(_picture(values, layout, colors, alpha), orientation)
    return DeepImage(
        values[:, :, :colors],
        None if alpha is None else values[:, :, alpha],
        opaque=_opaque(layout),
        white_is_zero=layout.photometric == WHITE_IS_ZERO,
        orientation=orientation,
    )


def _require_known(layout: TiffLayout) -> None:
    if layout.photometric not in _KNOWN:
        raise UndecodableError(f"colors of a kind that is not read (TIFF photometric {layout.photometric})")
    if layout.photometric in {PALETTE, CMYK, YCBCR} and not layout.fits_bytes:
        raise UndecodableError(
            f"a palette, CMYK or YCbCr with values of {layout.bits} bits: only gray and RGB are read so deep"
        )
    if layout.photometric == YCBCR and layout.compression == NOT_COMPRESSED and layout.shared_color:
        raise UndecodableError(
            "a YCbCr image of which several pixels share a color, and that is not compressed"
        )


def _pillow_reads(layout: TiffLayout) -> bool:
    """Say whether Pillow reads all that the file has, and does so rightly."""
    if not layout.fits_bytes:
        return False
    if layout.photometric in {CMYK, YCBCR} or layout.compression == JPEG:
        return True
    if layout.samples == 1:
        return layout.bits in {1, 2, 4, 8}
    return layout.bits == 8 and layout.photometric == RGB and not layout.planar


def _by_pillow(content: bytes) -> ShallowImage:
    return shallow(Image.open(io.BytesIO(content), formats=["TIFF"]))


def _of_palette(content: bytes, tags: TiffTags, layout: TiffLayout) -> ShallowImage | DeepImage:
    """Read an image whose values are numbers of colors, which have 16 bits each and often need but 8."""
    count = 2**layout.bits
    numbers = np.array(tags.numbers(Tag.COLOR_MAP, ()), np.uint16)
    if len(numbers) != 3 * count:
        raise UndecodableError("damaged or cut off (a palette without all of its colors)")
    if not (numbers % 256).any() or not (numbers % 257).any():
        return _by_pillow(content)
    if layout.samples > 1:
        raise UndecodableError("a palette of deep colors with another channel beside")
    colors = numbers.reshape(3, count).T[values_of(content, layout)[:, :, 0]]
    orientation = tags.number(Tag.ORIENTATION, 1)
    if numbers.max() < 256:
        # Some write colors of 8 bits.
        return ShallowImage(Image.fromarray(colors.astype(np.uint8)), orientation)
    return DeepImage(colors, orientation=orientation)


def _alpha(tags: TiffTags, layout: TiffLayout, colors: int) -> int | None:
    """Return the channel that says how much of a pixel is seen, unless the colors are over black already."""
    others = layout.samples - colors
    if others < 0 or others > (3 if colors == 3 else 1):
        raise UndecodableError(
            f"{layout.samples} channels, where gray or RGB, with or without alpha, are read"
        )
    kinds = tags.numbers(Tag.EXTRA_SAMPLES, (2,) if others == 1 else (0,) * others)
    seen = [colors + place for place, kind in enumerate(kinds[:others]) if kind not in {0, _OVER_BLACK}]
    return seen[0] if seen else None


def _opaque(layout: TiffLayout) -> float:
    if layout.kind == "f":
        return 1.0
    return float(max(1, 2 ** (layout.bits - (layout.kind == "i")) - 1))


def _picture(values: NDArray[Any], layout: TiffLayout, colors: int, alpha: int | None) -> Image.Image:
    """Make an image of Pillow's of values that fit a byte."""
    highest = 2**layout.bits - 1
    stretched = np.rint(values.astype(np.float32) * (255 / highest)).astype(np.uint8)
    kept = stretched[:, :, :colors]
    if layout.photometric == WHITE_IS_ZERO:
        kept = 255 - kept
    if alpha is not None:
        kept = np.concatenate([kept, stretched[:, :, alpha : alpha + 1]], axis=2)
    return Image.fromarray(np.ascontiguousarray(kept[:, :, 0] if kept.shape[2] == 1 else kept))
