"""PNG files: colors of 16 bits and the transparency of grays as the file has them, where Pillow reduces them.

Shapes: image [H, W, C].
"""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .deep import DeepImage
from .limits import require_affordable, require_few_bytes
from .pieces import require_few_chunks
from .reasons import UndecodableError
from .shallow import ShallowImage, orientation_of, shallow

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_GRAY, _RGB, _PALETTE, _GRAY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6
_CHANNELS = {_GRAY: 1, _RGB: 3, _PALETTE: 1, _GRAY_ALPHA: 2, _RGB_ALPHA: 4}
# The unpackers of Pillow that yield the first or the second byte of each value: that for big-endian values
# keeps the first one as the more telling, and that for little-endian values the second.
_FIRST_BYTES = {_RGB: "RGB;16B", _RGB_ALPHA: "RGBA;16B"}
_SECOND_BYTES = {_RGB: "RGB;16L", _RGB_ALPHA: "RGBA;16L"}


def open_png(content: bytes) -> ShallowImage | DeepImage:
    """Read a PNG file.

    Args:
        content: What is in the file.

    Returns:
        The image, deep where its values have 16 bits.
    """
    width, height, depth, color = _header(content)
    require_affordable(width, height)
    require_few_chunks(content)
    if depth < 16:
        image = shallow(_opened(content))
        return _without_its_key(image, depth) if color == _GRAY else image
    require_few_bytes(2 * width * height * _CHANNELS[color])
    return _deep(content, color)


def _header(content: bytes) -> tuple[int, int, int, int]:
    """Return width, height, bits and kind of color."""
    if len(content) < 33 or content[12:16] != b"IHDR":
        raise UndecodableError("not a whole PNG, JPEG, TIFF, BMP or DICOM image")
    width, height, depth, color = struct.unpack(">IIBB", content[16:26])
    depths = {_PALETTE: (1, 2, 4, 8), _GRAY: (1, 2, 4, 8, 16)}.get(color, (8, 16))
    if color not in _CHANNELS or depth not in depths or not (width and height):
        raise UndecodableError(f"damaged (a PNG header with {depth} bits of color type {color})")
    return width, height, depth, color


def _opened(content: bytes, unpacker: str | None = None) -> Image.Image:
    """Open a PNG file; its values are unpacked as Pillow thinks best, or as it is told."""
    image = Image.open(io.BytesIO(content), formats=["PNG"])
    if unpacker is not None:
        image.tile = [image.tile[0]._replace(args=unpacker)]
    return image


def _without_its_key(image: ShallowImage, depth: int) -> ShallowImage:
    """Make those pixels of a gray image black that have the one value which is transparent.

    Pillow compares it with values that it has stretched to 8 bits, and its versions differ for one bit.
    """
    key = image.picture.info.pop("transparency", None)
    if key is None:
        return image
    key = (key % 2**depth) * 255 // (2**depth - 1)
    values = np.array(image.picture.convert("L"))
    values[values == key] = 0
    return ShallowImage(Image.fromarray(values), image.orientation)


def _deep(content: bytes, color: int) -> DeepImage:
    image = _opened(content, "RGBA" if color == _GRAY_ALPHA else _FIRST_BYTES.get(color))
    first = np.asarray(image)
    values: NDArray[Any]
    if color == _GRAY:
        values = first[:, :, None]
    elif color == _GRAY_ALPHA:
        # The four bytes of a pixel are taken for red, green, blue and alpha.
        values = first.view(">u2")
    else:
        values = _joined(first, np.asarray(_opened(content, _SECOND_BYTES[color])))
    orientation = orientation_of(image)
    if color in {_GRAY_ALPHA, _RGB_ALPHA}:
        return DeepImage(values[:, :, :-1], values[:, :, -1], opaque=65535, orientation=orientation)
    key = image.info.get("transparency")
    seen = None if key is None else (values != np.asarray(key)).any(axis=2)
    return DeepImage(values, seen, orientation=orientation)


def _joined(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[Any]:
    """Put the first and second bytes of 16-bit values together."""
    pairs = np.empty((*first.shape, 2), np.uint8)
    pairs[..., 0], pairs[..., 1] = first, second
    return pairs.view(">u2")[..., 0]
