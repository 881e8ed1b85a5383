"""From an image of any height and width to a square."""

from __future__ import annotations

from typing import Literal

from PIL import Image, ImageOps

from .limits import require_affordable
from .reasons import UndecodableError

Resize = Literal["stretch", "pad", "crop"]
"""Ignore the aspect ratio; keep it and add black; keep it and take the square in the middle."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def upright(image: Image.Image, orientation: object) -> Image.Image:
    """Turn an image as its EXIF orientation says.

    Args:
        image: The image as it is stored.
        orientation: 1 to 8; anything else is nothing to heed.
    """
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def resized(image: Image.Image, size: int, resize: Resize, *, pixel_height: float = 1) -> Image.Image:
    """Resize with an antialiased bilinear filter.

    Args:
        image: An image of mode L, RGB or F.
        size: Height and width of the result, in pixels.
        resize: What becomes of an image that is not square.
        pixel_height: How high a pixel is, as a part of its width.

    Raises:
        UndecodableError: Of a very narrow image, nothing would be left between the borders.
    """
    bilinear = Image.Resampling.BILINEAR
    if resize == "stretch":
        return image.resize((size, size), bilinear)
    image = _with_square_pixels(image, pixel_height)
    if resize == "crop":
        return ImageOps.fit(image, (size, size), bilinear)
    if round(min(image.size) / max(image.size) * size) == 0:
        raise UndecodableError(f"{image.width} x {image.height} is too narrow to be padded to a square")
    return ImageOps.pad(image, (size, size), bilinear, color=0)


def _with_square_pixels(image: Image.Image, pixel_height: float) -> Image.Image:
    """Enlarge the side along which pixels are longer."""
    if round(pixel_height, 3) == 1:
        return image
    width, height = image.size
    size = (
        (width, round(height * pixel_height)) if pixel_height > 1 else (round(width / pixel_height), height)
    )
    require_affordable(*size)
    return image.resize(size, Image.Resampling.BILINEAR)
