"""Why an image file cannot be decoded, in plain words."""

from __future__ import annotations

from PIL import Image, UnidentifiedImageError


class UndecodableError(Exception):
    """One image file cannot be decoded; the message is the reason, in plain words."""


def reason_of(error: Exception) -> UndecodableError:
    """Say in plain words what a decoder raised.

    Args:
        error: Anything; libraries raise what they please on damaged files.
    """
    if isinstance(error, UndecodableError):
        return error
    if isinstance(error, Image.DecompressionBombError | MemoryError):
        return UndecodableError("too large to be decoded (a decompression bomb?)")
    if isinstance(error, UnidentifiedImageError):
        return UndecodableError("not a whole PNG, JPEG, TIFF or BMP image")
    text = " ".join(str(error).split()).lower()
    return UndecodableError(f"damaged or cut off ({text or type(error).__name__})")
