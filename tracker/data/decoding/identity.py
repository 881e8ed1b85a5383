"""What decoded bytes depend on, beside the file: our version, and those of the libraries that read it."""

from __future__ import annotations

import PIL
import tifffile
from PIL import features

DECODER_VERSION = 2
"""To be raised whenever the same file would give other bytes: it is part of every pixels key."""


def decoder_identity() -> str:
    """Name this decoder; where two names are equal, the same file gives the same bytes.

    numpy is left out: what is asked of it is exact, or rounded as IEEE 754 says.
    """
    jpeg = features.version("jpg")
    return f"{DECODER_VERSION} pillow {PIL.__version__} jpeg {jpeg} tifffile {tifffile.__version__}"
