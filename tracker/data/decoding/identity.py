"""What decoded bytes depend on, beside the file: our version, and those of the libraries that read it."""

from __future__ import annotations

import PIL
from PIL import features

DECODER_VERSION = 2
"""To be raised whenever the same file would give other bytes: it is part of every pixels key."""


DICOM_VERSION = 1
"""The same for what is known of DICOM alone: others keep their pixels when it is raised."""


def decoder_identity() -> str:
    """Name this decoder; where two names are equal, the same file gives the same bytes.

    Other codecs lose nothing, so their versions do not count; nor does numpy's, of which nothing is asked but
    what is exact, or rounded as IEEE 754 says.
    """
    return f"{DECODER_VERSION} pillow {PIL.__version__} jpeg {features.version('jpg')}"


def dicom_identity() -> str:
    """Name what decodes DICOM, beside `decoder_identity`: JPEG 2000 can be lossy, and rounded otherwise."""
    return f"dicom {DICOM_VERSION} openjpeg {features.version('jpg_2000')}"
