"""Images of more than 8 bits a channel, or of signed or broken values: their real range becomes 0 to 255.

Shapes: C = 1 or 3 channels of color; in the result, H = W = size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .reasons import UndecodableError
from .resizing import Resize, resized, upright

_BLOCK = 1 << 20


@dataclass(frozen=True)
class DeepImage:
    """The values of an image as its file has them.

    Attributes:
        colors: Integers or floats [H, W, C].
        alpha: How much of each pixel is seen [H, W], or None where all is.
        opaque: The alpha at which a pixel is fully seen.
        white_is_zero: Whether the values count down from white.
        orientation: As EXIF counts them.
        bounds: The values that are black and white, which none is beyond; None: the smallest and the largest
            that is seen.
        pixel_height: How high a pixel is, as a part of its width.
    """

    colors: NDArray[Any]
    alpha: NDArray[Any] | None = None
    opaque: float = 1
    white_is_zero: bool = False
    orientation: object = 1
    bounds: tuple[int, int] | None = None
    pixel_height: float = 1


def square_of_deep(image: DeepImage, size: int, resize: Resize) -> NDArray[np.uint8]:
    """Scale all channels together from the smallest to the largest value that is seen, and resize.

    Returns:
        Bytes, [H, W] or [H, W, 3].

    Raises:
        UndecodableError: Some values are no finite numbers, or their range is none.
    """
    channels = []
    # What is no number is refused, or not seen; numpy need not warn of it.
    with np.errstate(invalid="ignore"):
        low, high = _range(image)
        for channel in range(image.colors.shape[2]):
            scaled = upright(_scaled(image, channel, low, high), image.orientation)
            channels.append(np.asarray(resized(scaled, size, resize, pixel_height=image.pixel_height)))
    square: NDArray[np.uint8] = np.clip(np.rint(np.stack(channels, axis=2)), 0, 255).astype(np.uint8)
    return square[:, :, 0] if len(channels) == 1 else square


def _range(image: DeepImage) -> tuple[Any, Any]:
    """Return the smallest and the largest value; exact integers where the values are integers."""
    if image.bounds is not None:
        return image.bounds
    seen = True if image.alpha is None else (image.alpha > 0)[:, :, None]
    kind = np.iinfo if image.colors.dtype.kind in "iu" else np.finfo
    bounds: Any = kind(image.colors.dtype.newbyteorder("="))
    low = image.colors.min(where=seen, initial=bounds.max).item()
    high = image.colors.max(where=seen, initial=bounds.min).item()
    if not np.any(seen):
        return 0, 0
    if not (math.isfinite(low) and math.isfinite(high)):
        raise UndecodableError("it holds values that are not finite numbers")
    if high > low and not (math.isfinite(high - low) and math.isfinite(255.0 / (high - low))):
        raise UndecodableError(f"its values, {low:g} to {high:g}, cannot be scaled")
    return low, high


def _scaled(image: DeepImage, channel: int, low: Any, high: Any) -> Image.Image:
    """Return a channel in floats from 0 to 255; in blocks of rows, to spare memory."""
    height, width = image.colors.shape[:2]
    scaled = Image.new("F", (width, height))
    factor = 255.0 / (high - low) if high > low else 0.0
    for rows in _blocks(height, width):
        opacity = None if image.alpha is None else _opacity(image.alpha[rows], image.opaque)
        values = image.colors[rows, :, channel]
        if opacity is not None:
            values = np.where(opacity > 0, values, np.asarray(low, values.dtype))
        block = _above(values, low)
        np.multiply(block, factor, out=block)
        if image.white_is_zero:
            np.subtract(255.0, block, out=block)
        if opacity is not None:
            np.multiply(block, opacity, out=block)
        scaled.paste(Image.fromarray(block.astype(np.float32, copy=False)), (0, rows.start))
    return scaled


def _blocks(height: int, width: int) -> Iterator[slice]:
    step = max(1, _BLOCK // width)
    return (slice(top, min(top + step, height)) for top in range(0, height, step))


def _opacity(alpha: NDArray[Any], opaque: float) -> NDArray[np.float64]:
    """Return how much is seen, from 0 to 1; nothing where the alpha is no number."""
    return np.where(alpha > 0, np.clip(alpha.astype(np.float64) / opaque, 0, 1), 0)


def _above(values: NDArray[Any], low: Any) -> NDArray[np.floating]:
    """Return by how much values are above the smallest one."""
    if values.dtype.kind not in "iu":
        above: NDArray[np.floating] = values.astype(np.float64) - low
        return above
    if values.dtype.itemsize <= 2:
        # 16 bits are exact in single precision, which halves the work on a large radiograph.
        return values.astype(np.float32) - np.float32(low)
    # What two integers differ by is exact modulo 2**64, whatever their signs; as floats they could be equal.
    return (values.astype(np.uint64) - np.uint64(low % 2**64)).astype(np.float64)
