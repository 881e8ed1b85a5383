"""Why an image file cannot be decoded, in plain words."""

from __future__ import annotations

from PIL import Image, UnidentifiedImageError


class UndecodableError(Exception):
    """One image file cannot be decoded; the message is the reason, in plain words."""


class PassingError(UndecodableError):
    """It cannot be decoded now: no matter of what is in the file, which may be readable another time."""


def reason_of(error: Exception) -> UndecodableError:
    """Say in plain words what a decoder raised.

    Args:
        error: Anything; libraries raise what they please on damaged files.
    """
    if _is_of_memory(error):
        return PassingError("there is too little memory to decode it")
    if isinstance(error, UndecodableError):
        return error
    if isinstance(error, Image.DecompressionBombError):
        return UndecodableError("too large to be decoded (a decompression bomb?)")
    if isinstance(error, UnidentifiedImageError):
        return UndecodableError("not a whole PNG, JPEG, TIFF, BMP or DICOM image")
    text = " ".join(str(error).split()).lower()
    return UndecodableError(f"damaged or cut off ({text or type(error).__name__})")


def _is_of_memory(error: BaseException | None) -> bool:
    """Return whether memory was short: decoders say so in words, too, and their errors are given others."""
    if error is None:
        return False
    short = isinstance(error, MemoryError) or "out of memory" in str(error).lower()
    return short or _is_of_memory(error.__cause__)
