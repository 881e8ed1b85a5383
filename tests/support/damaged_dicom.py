"""DICOM files of every kind, damaged in every way: the same number, the same file.

As a program it decodes those of a range of numbers, and prints what came of them.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from numpy.random import Generator
from pydicom.datadict import tag_for_keyword
from pydicom.sequence import Sequence
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from tests.support.damaged_images import DAMAGES, NUMBERS, main
from tests.support.dicom_files import PLAIN, dicom, lookup_table

_CHANGED = (
    *("Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    *("PlanarConfiguration", "PixelPaddingValue", "PixelPaddingRangeLimit", "LUTDescriptor", "PixelData"),
    *("WindowCenter", "WindowWidth", "NumberOfFrames", "RescaleSlope", "RescaleIntercept", "LUTData"),
    *("PhotometricInterpretation", "TransferSyntaxUID", "SpecificCharacterSet", "PixelSpacing"),
    *("RedPaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData", "VOILUTSequence"),
)


@cache
def whole_files() -> list[bytes]:
    """Make a file of every kind that is read."""
    return list(_files())


def _files() -> Iterator[bytes]:
    rng = np.random.default_rng(1)
    gray, deep = rng.integers(0, 256, (24, 20), np.uint8), rng.integers(0, 4096, (24, 20), np.uint16)
    color = rng.integers(0, 256, (24, 20, 3), np.uint8)
    table = lookup_table(np.arange(4096, dtype=np.uint16) * np.uint16(16))
    windows = {"WindowCenter": ["2000", "100"], "WindowWidth": ["3000", "9"], "NumberOfFrames": 1}
    filled = {
        "PixelPaddingValue": 7,
        "PixelPaddingRangeLimit": 20,
        "RescaleSlope": "2",
        "RescaleIntercept": "-9",
    }
    for syntax in (*PLAIN, RLELossless, JPEG2000Lossless):
        yield dicom(gray, syntax=syntax, PixelSpacing=["1", "2"])
        yield dicom(color, syntax=syntax)
        yield dicom(deep, syntax=syntax, bits=12, colors="MONOCHROME1", **windows)
        yield dicom(deep, syntax=syntax, bits=12, **filled)
        yield dicom(deep, syntax=syntax, bits=12, VOILUTSequence=Sequence([table]))
        yield dicom(deep, syntax=syntax, bits=12, ModalityLUTSequence=Sequence([table]))
    yield dicom(deep.astype(np.int16), **filled)
    yield dicom(color.astype(np.uint16) * np.uint16(9), syntax=RLELossless)
    yield dicom(color, syntax=JPEGBaseline8Bit, colors="YBR_FULL_422")
    yield dicom(gray, syntax=JPEGBaseline8Bit)
    yield dicom(gray[:, :, None].repeat(3, axis=2), colors="YBR_FULL")
    entries = np.arange(256, dtype="<u2").tobytes()
    tables = {f"{one}PaletteColorLookupTableData": entries for one in ("Red", "Green", "Blue")}
    tables |= {f"{one}PaletteColorLookupTableDescriptor": [256, 0, 16] for one in ("Red", "Green", "Blue")}
    yield dicom(gray, colors="PALETTE COLOR", **tables)
    yield dicom(deep, bits=12, preamble=False)


def damaged(number: int) -> bytes:
    """Return the file of a number."""
    rng = np.random.default_rng([19, number])
    content = bytearray(whole_files()[rng.integers(len(whole_files()))])
    for _ in range(rng.integers(1, 4)):
        which = int(rng.integers(-6, len(DAMAGES)))
        content = _change_an_element(content, rng) if which < 0 else DAMAGES[which](content, rng)
    return bytes(content)


def _change_an_element(content: bytearray, rng: Generator) -> bytearray:
    """Put a number that many stumble over in the place of an element's length or value, or cut it short."""
    tag = tag_for_keyword(_CHANGED[rng.integers(len(_CHANGED))])
    assert tag is not None
    order = "<>"[int(rng.integers(8) == 0)]
    at = content.find(struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF))
    word = ("B", "H", "I")[rng.integers(3)]
    place = at + int(rng.integers(4, 16))
    if at >= 0 and place + struct.calcsize(word) <= len(content):
        value = NUMBERS[rng.integers(len(NUMBERS))] % 256 ** struct.calcsize(word)
        struct.pack_into(f"{order}{word}", content, place, value)
    return content


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), damaged)
