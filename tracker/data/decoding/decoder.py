"""From an image file to an array of bytes, the same for every kind of file that radiographs come in.

Shapes: H = W = image_size; a gray image is [H, W], a color image [H, W, 3].
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin, UnidentifiedImageError

from .pillow_warnings import suppress_pillow_warnings
from .reasons import UndecodableError
from .resizing import Resize, resized

# Others are left out on purpose: some of Pillow's readers start programs (EPS) or are rarely tested.
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
_DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
_ORIENTATION = 0x0112
# What Pillow's readers raise on damaged files: nearly always the first, seldom the others.
_DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, OverflowError, KeyError, IndexError, TypeError,
    struct.error, zlib.error,
)  # fmt: skip


def decode(image: Path | bytes, *, image_size: int, resize: Resize) -> NDArray[np.uint8]:
    """Read one image and bring it to the size of the network's input.

    Grays of more than 8 bits are scaled from their smallest to their largest value; transparency is
    laid over black; the EXIF orientation is applied; of a TIFF with several pages the first counts.

    Args:
        image: A PNG, JPEG, TIFF or BMP file, or its content.
        image_size: Height and width of the result, in pixels.
        resize: `stretch` ignores the aspect ratio, `pad` keeps it and adds black, `crop` keeps it
            and takes the square in the middle. All use an antialiased bilinear filter.

    Returns:
        Bytes, [H, W] where the image is gray (also where its three channels are equal), else
        [H, W, 3] in the order red, green, blue.

    Raises:
        UndecodableError: The file is empty, cut off, damaged, of another kind or too large.
    """
    with suppress_pillow_warnings:
        try:
            content = image if isinstance(image, bytes) else image.read_bytes()
            return _decode(content, image_size, resize)
        except (Image.DecompressionBombError, MemoryError) as error:
            raise UndecodableError(_too_large()) from error
        except UnidentifiedImageError as error:
            raise UndecodableError(_unknown(content)) from error
        except _DAMAGED as error:
            raise UndecodableError(_reason(error)) from error


def to_rgb(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Repeat a gray image in three channels; leave a color image as it is.

    Args:
        image: [H, W] or [H, W, 3].

    Returns:
        [H, W, 3].
    """
    return image if image.ndim == 3 else np.repeat(image[:, :, None], 3, axis=2)


def prepare(image: NDArray[np.uint8 | np.uint16], *, image_size: int, resize: Resize) -> NDArray[np.uint8]:
    """Bring an image that was decoded elsewhere to the network's size, as `decode` does.

    Args:
        image: [H, W], [H, W, 1], [H, W, 2] with alpha, [H, W, 3] or [H, W, 4] with alpha, of 8 or 16 bits.
        image_size: Height and width of the result, in pixels.
        resize: As for `decode`.

    Returns:
        Bytes, [H, W] where the image is gray (also where its three channels are equal), else [H, W, 3].
    """
    picture = Image.fromarray(image[:, :, 0] if image.ndim == 3 and image.shape[2] == 1 else image)
    return _prepared(picture, image_size, resize)


def _decode(content: bytes, size: int, resize: Resize) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
        if image.width * image.height > _most_pixels():
            raise UndecodableError(_too_large())
        image.load()
        return _prepared(image, size, resize)


def _prepared(image: Image.Image, size: int, resize: Resize) -> NDArray[np.uint8]:
    if image.mode in _DEEP_MODES:
        return _bytes_of_floats(resized(_upright(image, _scaled(image)), size, resize))
    return _gray_if_equal(np.asarray(resized(_flattened(_upright(image, image)), size, resize)))


def _upright(tagged: Image.Image, image: Image.Image) -> Image.Image:
    """Turn an image as the EXIF orientation of the file says."""
    try:
        orientation = tagged.getexif().get(_ORIENTATION, 1)
    except _DAMAGED:
        # The pixels are whole: a camera's broken notes are no reason to refuse them.
        return image
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)
    return image if turn is None else image.transpose(turn)


def _scaled(image: Image.Image) -> Image.Image:
    """Bring a deep gray image's real range to 0..255, still in floats."""
    values = np.asarray(image)
    low, high = float(values.min()), float(values.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise UndecodableError("it holds values that are not finite numbers")
    # 16 bits are exact in single precision, which halves the memory of a large radiograph.
    exact = np.float32 if values.dtype.itemsize <= 2 else np.float64
    scaled: NDArray[np.floating] = values.astype(exact)
    np.subtract(scaled, low, out=scaled)
    np.multiply(scaled, 255.0 / (high - low) if high > low else 0.0, out=scaled)
    if _white_is_zero(image):
        np.subtract(255.0, scaled, out=scaled)
    return Image.fromarray(scaled.astype(np.float32, copy=False))


def _white_is_zero(image: Image.Image) -> bool:
    """Return whether a deep TIFF counts down from white, which Pillow heeds for 8 bits only."""
    tags = image.tag_v2 if isinstance(image, TiffImagePlugin.TiffImageFile) else {}
    return bool(tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION, 1) == 0)


def _bytes_of_floats(image: Image.Image) -> NDArray[np.uint8]:
    values: NDArray[np.float32] = np.clip(np.rint(np.asarray(image)), 0, 255)
    return values.astype(np.uint8)


def _flattened(image: Image.Image) -> Image.Image:
    """Bring an image of 8 bits a channel to mode L or RGB, its transparency over black."""
    if image.has_transparency_data:
        gray = image.mode in {"1", "L", "LA", "La"}
        image = image.convert("LA" if gray else "RGBA")
        opaque = image.convert("L" if gray else "RGB")
        return Image.composite(opaque, Image.new(opaque.mode, opaque.size), image.getchannel("A"))
    return image.convert("L" if image.mode in {"1", "L"} else "RGB")


def _gray_if_equal(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if image.ndim == 2:
        return image
    red, green, blue = np.moveaxis(image, 2, 0)
    return red if np.array_equal(red, green) and np.array_equal(red, blue) else image


def _most_pixels() -> int:
    return Image.MAX_IMAGE_PIXELS or 89_478_485


def _too_large() -> str:
    return f"more than {_most_pixels() // 1_000_000} million pixels (a decompression bomb?)"


def _unknown(content: bytes) -> str:
    return "the file is empty" if not content else "not a whole PNG, JPEG, TIFF or BMP image"


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    text = str(error).strip().lower()
    return f"damaged or cut off ({text or type(error).__name__})"
