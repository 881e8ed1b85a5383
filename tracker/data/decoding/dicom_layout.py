"""How the pixels of a DICOM file are stored, and which files hold no image that is read."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    RLELossless,
)

from .dicom_file import DicomFile
from .limits import require_affordable, require_few_bytes
from .reasons import UndecodableError

NATIVE = {ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian}
JPEG = {JPEGBaseline8Bit, JPEGExtended12Bit}
JPEG_2000 = {JPEG2000, JPEG2000Lossless}
RLE = {RLELossless}

_GRAY = {"MONOCHROME1", "MONOCHROME2"}
_COLORS = {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"}
# What looks like an image but tells where something is, or how much.
_NO_PICTURES = ("Segmentation Storage", "RT Dose Storage", "Parametric Map Storage")
_PROGRAMS = {"JPEG": "dcmdjpeg", "JPEG-LS": "dcmdjpls"}
_SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing", "PixelAspectRatio")

LAYOUT_KEYWORDS = (
    *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "BitsStored"),
    *("HighBit", "PixelRepresentation", "PlanarConfiguration", "NumberOfFrames", *_SPACINGS),
)


@dataclass(frozen=True)
class DicomLayout:
    """How values lie in a file.

    Attributes:
        height: In pixels.
        width: In pixels.
        samples: How many values a pixel has.
        colors: The photometric interpretation.
        allocated: Bits that a value takes: 8 or 16.
        stored: Bits of them that are the value.
        high: The number of the highest of these.
        signed: Whether values may be negative.
        planar: Whether each channel lies apart.
        syntax: How they are compressed, if they are.
        little: Whether bytes begin with the lowest.
        pixel_height: How high a pixel is, as a part of its width.
    """

    height: int
    width: int
    samples: int
    colors: str
    allocated: int
    stored: int
    high: int
    signed: bool
    planar: bool
    syntax: UID
    little: bool
    pixel_height: float

    @property
    def is_gray(self) -> bool:
        """Whether its values are shades of gray."""
        return self.colors in _GRAY

    @property
    def count(self) -> int:
        """How many values the image has."""
        return self.height * self.width * self.samples


def layout_of(file: DicomFile) -> DicomLayout:
    """Understand a file's header.

    Raises:
        UndecodableError: It holds no image, one that is not read, or one that is too large.
    """
    _require_picture(file)
    height, width = file.number("Rows"), file.number("Columns")
    if not (height > 0 and width > 0):
        raise UndecodableError("damaged or cut off (DICOM of no size)")
    require_affordable(width, height)
    colors = file.text("PhotometricInterpretation")
    samples = file.number("SamplesPerPixel", 3 if colors in _COLORS else 1)
    allocated = file.number("BitsAllocated")
    stored = file.number("BitsStored", allocated)
    layout = DicomLayout(
        height=height,
        width=width,
        samples=samples,
        colors=colors,
        allocated=allocated,
        stored=stored,
        high=file.number("HighBit", stored - 1),
        signed=file.number("PixelRepresentation", 0) == 1,
        planar=file.number("PlanarConfiguration", 0) == 1 and samples > 1,
        syntax=file.syntax,
        little=file.little,
        pixel_height=_pixel_height(file),
    )
    _require_known(layout)
    require_few_bytes(layout.count * allocated // 8)
    return layout


def _require_picture(file: DicomFile) -> None:
    kind = f" ({file.kind})" if file.kind else ""
    if file.kind in _NO_PICTURES:
        raise UndecodableError(f"DICOM that is no picture{kind}")
    if "FloatPixelData" in file.elements or "DoubleFloatPixelData" in file.elements:
        raise UndecodableError("DICOM whose values are floats, and only integers are read")
    if "PixelData" not in file.elements:
        if "Rows" in file.elements or not file.kind:
            raise UndecodableError(f"damaged or cut off (DICOM without pixels{kind})")
        raise UndecodableError(f"DICOM without an image{kind}")
    frames = file.number("NumberOfFrames", 1)
    if frames != 1:
        raise UndecodableError(
            f"DICOM of {frames} frames, and which of them counts is not known: save one as a file of its own"
        )


def _require_known(layout: DicomLayout) -> None:
    _require_known_syntax(layout.syntax)
    wanted = 3 if layout.colors in _COLORS else 1
    if layout.colors not in {*_GRAY, *_COLORS, "PALETTE COLOR"}:
        named = layout.colors or "none given"
        raise UndecodableError(
            f"DICOM colors of a kind that is not read (photometric interpretation: {named})"
        )
    if layout.samples != wanted:
        raise UndecodableError(f"damaged (DICOM {layout.colors} with {layout.samples} values a pixel)")
    if layout.allocated not in {8, 16}:
        raise UndecodableError(
            f"DICOM of {layout.allocated} bits a value, and only those of 8 or 16 are read"
        )
    if not 1 <= layout.stored <= layout.high + 1 <= layout.allocated:
        raise UndecodableError(
            f"damaged (DICOM that stores {layout.stored} bits up to bit {layout.high} of {layout.allocated})"
        )
    if layout.samples > 1 and layout.signed:
        raise UndecodableError("damaged (DICOM colors with negative values)")


def _require_known_syntax(syntax: UID) -> None:
    if syntax in {*NATIVE, *JPEG, *JPEG_2000, *RLE}:
        return
    named = f"{syntax.name.partition(', Non-Hier')[0]}, {syntax}" if syntax.name != syntax else str(syntax)
    family = syntax.name.partition(" ")[0]
    make = (
        f"; make it plain: gdcmconv --raw IN OUT, or {_PROGRAMS[family]} IN OUT"
        if family in _PROGRAMS
        else ""
    )
    raise UndecodableError(f"DICOM compressed in a way that is not read ({named}){make}")


def _pixel_height(file: DicomFile) -> float:
    """Return how high a pixel is, as a part of its width; 1 where nothing sensible is said of it."""
    for keyword in _SPACINGS:
        sides = file.numbers(keyword)
        if len(sides) == 2 and all(math.isfinite(side) and side > 0 for side in sides):
            ratio = sides[0] / sides[1]
            return ratio if 0.1 <= ratio <= 10 else 1.0
    return 1.0
