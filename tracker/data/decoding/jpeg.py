"""JPEG and BMP files, whose values have 8 bits at most."""

from __future__ import annotations

import io

from PIL import Image

from .limits import require_affordable
from .pieces import require_few_scans
from .reasons import UndecodableError
from .shallow import ShallowImage, shallow

_MARK = b"\xff\xd8\xff"
JPEG_OR_BMP = (_MARK, b"BM")
# Those that begin a frame; 0xC4, 0xC8 and 0xCC say something else.
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xDA)}


def open_jpeg_or_bmp(content: bytes) -> ShallowImage:
    """Read a JPEG or BMP file.

    Args:
        content: What is in the file.
    """
    if content.startswith(_MARK):
        require_few_scans(content)
        if (bits := bits_of_jpeg(content)) not in {8, None}:
            raise UndecodableError(f"a JPEG of {bits} bits, and only those of 8 bits are read")
    # Others are left out on purpose: some of Pillow's readers start programs (EPS) or are rarely tested.
    with Image.open(io.BytesIO(content), formats=["JPEG", "BMP"]) as picture:
        require_affordable(*picture.size)
        return shallow(picture)


def bits_of_jpeg(content: bytes) -> int | None:
    """Return the depth that the first frame of a JPEG states.

    Args:
        content: The JPEG.
    """
    at = 2
    while at + 4 < len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _FRAMES:
            return content[at + 4]
        if marker == 0xFF:
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        else:
            at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return None
