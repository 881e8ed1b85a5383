"""DICOM files of every kind that is read, written by pydicom."""

from __future__ import annotations

import io
from typing import Any

from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)
from pydicom.uid import DeflatedExplicitVRLittleEndian as Deflated

PLAIN = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, Deflated)


def dicom(
    values: NDArray[Any],
    *,
    syntax: UID = ExplicitVRLittleEndian,
    bits: int | None = None,
    colors: str | None = None,
    preamble: bool = True,
    frame: bytes | None = None,
    **elements: Any,
) -> bytes:
    """Make a DICOM file.

    Args:
        values: Integers of 8 or 16 bits [H, W] or [H, W, 3], with all bits that are to be in the file.
        syntax: How they are stored.
        bits: How many of them are stored; None: all.
        colors: The photometric interpretation; None: the usual one.
        preamble: Whether the file begins with the mark of DICOM.
        frame: Values that are compressed already.
        **elements: Others, or others in the place of ours; None leaves one out.
    """
    if values.dtype.byteorder == ">":
        values = values.astype(values.dtype.newbyteorder("="))
    about = _about(values, bits or 8 * values.dtype.itemsize, colors)
    for keyword, value in elements.items():
        setattr(about, keyword, value)
        if value is None:
            delattr(about, keyword)
    _put_pixels(about, values, syntax, frame)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = about.get("SOPClassUID", ComputedRadiographyImageStorage)
    meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    about.file_meta = meta
    file = io.BytesIO()
    if preamble:
        dcmwrite(file, about, enforce_file_format=True)
        return file.getvalue()
    del about.file_meta
    dcmwrite(file, about, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=True)
    return file.getvalue()


def _about(values: NDArray[Any], bits: int, colors: str | None) -> Dataset:
    about = Dataset()
    about.SpecificCharacterSet = "ISO_IR 100"
    about.SOPClassUID = ComputedRadiographyImageStorage
    about.SOPInstanceUID = "1.2.3.4"
    about.PatientName = "Doe^Jane"
    about.PatientID = "0815"
    about.Rows, about.Columns = values.shape[:2]
    about.SamplesPerPixel = 3 if values.ndim == 3 else 1
    about.PhotometricInterpretation = colors or ("RGB" if values.ndim == 3 else "MONOCHROME2")
    about.PixelRepresentation = int(values.dtype.kind == "i")
    about.BitsAllocated = 8 * values.dtype.itemsize
    about.BitsStored, about.HighBit = bits, bits - 1
    if values.ndim == 3:
        about.PlanarConfiguration = 0
    return about


def _put_pixels(about: Dataset, values: NDArray[Any], syntax: UID, frame: bytes | None) -> None:
    if syntax == RLELossless and frame is None:
        about.file_meta = FileMetaDataset()
        about.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        about.PixelData = values.tobytes()
        about.compress(RLELossless, generate_instance_uid=False)
        return
    if frame is None and syntax in {JPEGBaseline8Bit, JPEG2000Lossless}:
        frame = saved(values, "JPEG" if syntax == JPEGBaseline8Bit else "JPEG2000")
    if frame is not None:
        about.PixelData = encapsulate([frame])
        about["PixelData"].is_undefined_length = True
    else:
        big = syntax == ExplicitVRBigEndian
        content = values.astype(values.dtype.newbyteorder(">" if big else "<")).tobytes()
        about.PixelData = content + b"\0" * (len(content) % 2)
    about["PixelData"].VR = "OW" if about.BitsAllocated > 8 and frame is None else "OB"


def saved(values: NDArray[Any], name: str, **options: Any) -> bytes:
    """Compress values as an image of a format of Pillow's."""
    file = io.BytesIO()
    Image.fromarray(values).save(file, name, **options)
    return file.getvalue()


def lookup_table(values: NDArray[Any], *, first: int = 0, bits: int = 16) -> Dataset:
    """Make an item of a sequence with a table of 16-bit entries."""
    item = Dataset()
    item.add_new("LUTDescriptor", "US" if first >= 0 else "SS", [len(values) % 65536, first, bits])
    item.add_new("LUTData", "OW", values.astype("<u2").tobytes())
    return item
