"""Of how many pieces a file may be: each costs far more work and memory than its few bytes."""

from __future__ import annotations

import re

from .reasons import UndecodableError

_MOST_PIECES = 100_000
"""A PNG may have one a row of pixels."""
_MOST_SCANS = 100
"""As libtiff allows; a JPEG has some ten. Each is a pass over all pixels, and may take but 60 bytes."""
_MOST_BETWEEN = 2**16
"""Bytes that belong to no piece, which Pillow steps over one by one."""

_SCAN, _END = 0xDA, 0xD9
# Not those inside of a scan: a byte that looks like a mark, and marks to restart at.
_MARK = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")


def require_few_scans(jpeg: bytes) -> None:
    """Refuse a JPEG of more passes over its pixels, or more pieces, than one that shows something has.

    Args:
        jpeg: What is in the file.

    Raises:
        UndecodableError: There are too many.
    """
    scans = between = 0
    at = 2
    for _ in range(_MOST_PIECES):
        mark = _MARK.search(jpeg, at)
        if not scans:
            between += (mark.start() if mark else len(jpeg)) - at
        if between > _MOST_BETWEEN:
            raise UndecodableError("damaged or cut off (a JPEG with too much between its pieces)")
        if mark is None or mark[1][0] == _END:
            return
        scans += mark[1][0] == _SCAN
        if scans > _MOST_SCANS:
            raise UndecodableError(f"a JPEG of more than {_MOST_SCANS} scans (a decompression bomb?)")
        at = mark.end() + int.from_bytes(jpeg[mark.end() : mark.end() + 2], "big")
    raise _too_many_pieces("JPEG")


def require_few_chunks(png: bytes) -> None:
    """Refuse a PNG of more pieces than one of the largest that are read.

    Args:
        png: What is in the file.

    Raises:
        UndecodableError: There are too many.
    """
    at = 8
    for _ in range(_MOST_PIECES):
        if at >= len(png):
            return
        at += 12 + int.from_bytes(png[at : at + 4], "big")
    raise _too_many_pieces("PNG")


def _too_many_pieces(kind: str) -> UndecodableError:
    return UndecodableError(f"a {kind} of more than {_MOST_PIECES:,} pieces (a decompression bomb?)")
