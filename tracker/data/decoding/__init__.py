"""From an image file, or its content, to an array of bytes of the network's size.

It knows image formats, and nothing else of tracker: a copy of this folder lies beside exported networks, and
works where tracker is not installed.
"""

from .decoder import decode, examine, prepare, to_rgb
from .files import read_file
from .identity import DECODER_VERSION, decoder_identity, dicom_identity
from .reasons import PassingError, UndecodableError
from .resizing import Resize

__all__ = [
    "DECODER_VERSION",
    "PassingError",
    "Resize",
    "UndecodableError",
    "decode",
    "decoder_identity",
    "dicom_identity",
    "examine",
    "prepare",
    "read_file",
    "to_rgb",
]
