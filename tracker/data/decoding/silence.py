"""Libraries that would write to the terminal, where nobody could tell which file they speak of."""

from __future__ import annotations

import ctypes
import logging
from contextlib import suppress
from functools import cache

from PIL import _imaging


@cache
def silence_libraries() -> None:
    """Keep libtiff and Pillow from writing to the terminal.

    What they say of a damaged file comes as an exception, too. Where libtiff is a part of Pillow's own
    library (on Windows), its functions have no names, and it goes on speaking.
    """
    with suppress(AttributeError, OSError):
        library = ctypes.CDLL(_imaging.__file__)
        library.TIFFSetErrorHandler(None)
        library.TIFFSetWarningHandler(None)
    # Messages for which a program has no handler go to the terminal.
    logging.getLogger("PIL").addHandler(logging.NullHandler())
