"""What tells a DICOM file from others, by its first bytes and without any library."""

from __future__ import annotations

import struct

MARK_AT = 128
ENOUGH = 512
"""How many of a file's first bytes tell whether it is DICOM."""

_MARK = b"DICM"
_WITH_LONG_LENGTH = {
    b"OB",
    b"OD",
    b"OF",
    b"OL",
    b"OV",
    b"OW",
    b"SQ",
    b"SV",
    b"UC",
    b"UN",
    b"UR",
    b"UT",
    b"UV",
}
_IN_FIRST_GROUP = {
    b"UL",
    b"CS",
    b"DA",
    b"TM",
    b"UI",
    b"SH",
    b"LO",
    b"OB",
    b"AE",
    b"DT",
    b"ST",
    b"UR",
    b"SQ",
    b"PN",
}
_GROUPS = {0x0002, 0x0008}
_LONGEST = 1024


def is_dicom(content: bytes) -> bool:
    """Return whether a file is DICOM: by its mark, or, without a preamble, by its first two elements.

    Args:
        content: What is in the file, or its beginning.
    """
    return content[MARK_AT : MARK_AT + len(_MARK)] == _MARK or _begins_with_elements(content)


def _begins_with_elements(content: bytes) -> bool:
    """Return whether two elements of the first group of a data set stand at the beginning, in their order."""
    first = _element(content, 0)
    second = None if first is None else _element(content, first[2])
    if first is None or second is None:
        return False
    return first[0] in _GROUPS and second[0] in _GROUPS and first[:2] < second[:2]


def _element(content: bytes, at: int) -> tuple[int, int, int] | None:
    """Return the group and number of the element at a place, little-endian, and where the next one begins."""
    if at + 12 > len(content):
        return None
    group, number, kind, short = struct.unpack_from("<HH2sH", content, at)
    (long,) = struct.unpack_from("<I", content, at + 4)
    start = at + 8
    if kind in _IN_FIRST_GROUP:
        long = short
        if kind in _WITH_LONG_LENGTH:
            (long,) = struct.unpack_from("<I", content, at + 8)
            start = at + 12
    return (group, number, start + long) if long <= _LONGEST else None
