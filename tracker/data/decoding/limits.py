"""What an image may cost, known from its header before anything is decoded."""

from __future__ import annotations

from PIL import Image

from .reasons import UndecodableError

LONGEST_SIDE = 65_535
MOST_BYTES = 256 * 2**20
"""Of the values of a deep image, or of one piece of it."""
MOST_FILE_BYTES = 2 * MOST_BYTES


def require_affordable(width: int, height: int) -> None:
    """Refuse an image of more pixels than Pillow allows, or with a longer side than a JPEG can have.

    Raises:
        UndecodableError: It is too large.
    """
    most = Image.MAX_IMAGE_PIXELS or 89_478_485
    if width * height > most:
        raise UndecodableError(
            f"{width} x {height}, more than {most // 1_000_000} million pixels (a decompression bomb?)"
        )
    if max(width, height) > LONGEST_SIDE:
        raise UndecodableError(f"{width} x {height}, a side of more than {LONGEST_SIDE:,} pixels")


def require_few_bytes(count: int) -> None:
    """Refuse values, of a deep image or a piece of it, that would take too much memory.

    Raises:
        UndecodableError: They are too many.
    """
    if count > MOST_BYTES:
        raise UndecodableError(f"its values take more than {MOST_BYTES // 2**20} MiB")
