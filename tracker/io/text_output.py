r"""What a terminal or a file cannot hold is written in letters that it can: no output ends a command.

In ASCII and Latin-1, the marks of a table have stand-ins; any other letter is written by its number, as
`\u4e2d`. In UTF-8 that is so of file names whose bytes are no text.
"""

from __future__ import annotations

import codecs
import io
import sys

_STAND_INS = str.maketrans(
    {
        **{"✓": "+", "✗": "x", "·": "|", "…": "...", "±": "+-"},
        **{"─": "-", "━": "-", "–": "-", "—": "-", "−": "-", "│": "|", "├": "+", "└": "+", "•": "*"},
    }
)
_ERRORS = "tracker.stand-ins"
_ASCII = "tracker-ascii"


def write_whatever_is_said() -> None:
    """Have the standard output and the standard error take every letter, whatever their encoding."""
    codecs.register_error(_ERRORS, _stand_in)
    codecs.register(_find_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Click takes one of ASCII for a mistake and writes UTF-8 to it, but leaves one of another name.
            ascii_only = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding=_ASCII if ascii_only else None, errors=_ERRORS)


def reads_utf8() -> bool:
    """Say whether the names of files are read as UTF-8, as nearly all are written."""
    return codecs.lookup(sys.getfilesystemencoding()).name == "utf-8"


def _stand_in(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end].translate(_STAND_INS)
    return letters.encode("ascii", "backslashreplace").decode("ascii"), error.end


def _find_ascii(name: str) -> codecs.CodecInfo | None:
    if name.replace("_", "-") != _ASCII:
        return None
    known = codecs.lookup("ascii")
    return codecs.CodecInfo(
        known.encode,
        known.decode,
        known.streamreader,
        known.streamwriter,
        known.incrementalencoder,
        known.incrementaldecoder,
        name=_ASCII,
    )
