"""Images of up to 8 bits a channel: their values stay what they are.

Shapes: H = W = size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .resizing import Resize, resized, upright

_ORIENTATION = 0x0112
_BLOCK = 1 << 20


@dataclass(frozen=True)
class ShallowImage:
    """A loaded image of any of Pillow's 8-bit modes.

    Attributes:
        picture: The image as it is stored.
        orientation: As EXIF counts them.
        pixel_height: How high a pixel is, as a part of its width.
    """

    picture: Image.Image
    orientation: object = 1
    pixel_height: float = 1


def shallow(picture: Image.Image) -> ShallowImage:
    """Load an image that Pillow opened."""
    picture.load()
    return ShallowImage(picture, orientation_of(picture))


def orientation_of(picture: Image.Image) -> object:
    """Return the EXIF orientation of a loaded image."""
    try:
        return picture.getexif().get(_ORIENTATION)
    except Exception:  # noqa: BLE001 - a camera's broken notes are no reason to refuse pixels that are whole
        return None


def square_of_shallow(image: ShallowImage, size: int, resize: Resize) -> NDArray[np.uint8]:
    """Bring an image to a square, its transparency over black.

    Returns:
        Bytes, [H, W] or [H, W, 3].
    """
    standing = upright(_over_black(image.picture), image.orientation)
    return np.asarray(resized(standing, size, resize, pixel_height=image.pixel_height))


def _over_black(picture: Image.Image) -> Image.Image:
    """Bring an image to mode L or RGB, its transparency over black."""
    mode = "L" if picture.mode in {"1", "L", "LA", "La"} else "RGB"
    if not picture.has_transparency_data:
        return picture if picture.mode == mode else picture.convert(mode)
    result = Image.new(mode, picture.size)
    # In blocks of rows, because an opaque copy of the whole would take as much memory again.
    for top in range(0, picture.height, step := max(1, _BLOCK // picture.width)):
        block = picture.crop((0, top, picture.width, min(top + step, picture.height))).convert(f"{mode}A")
        result.paste(block.convert(mode), (0, top), block.getchannel("A"))
    return result
