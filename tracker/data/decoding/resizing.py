"""From an image of any height and width to a square."""

from __future__ import annotations

from typing import Literal

from PIL import Image, ImageOps

Resize = Literal["stretch", "pad", "crop"]
"""Ignore the aspect ratio; keep it and add black; keep it and take the square in the middle."""


def resized(image: Image.Image, size: int, resize: Resize) -> Image.Image:
    """Resize with an antialiased bilinear filter.

    Args:
        image: An image of mode L, RGB or F.
        size: Height and width of the result, in pixels.
        resize: What becomes of an image that is not square.
    """
    bilinear = Image.Resampling.BILINEAR
    if resize == "stretch":
        return image.resize((size, size), bilinear)
    if resize == "pad":
        return ImageOps.pad(image, (size, size), bilinear, color=0)
    return ImageOps.fit(image, (size, size), bilinear)
