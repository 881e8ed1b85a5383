"""Lines filled with words, of which those that are read as one stay together: `95 %`, `p = 0.21`."""

from __future__ import annotations

import re
import textwrap

_GLUE = "\0"
_TOGETHER = re.compile(r"(?<=\d) (?=%)|(?<=\bp) (?=[=<>])|(?<=\bp [=<>]) (?=\d)")


def filled(text: str, width: int, indent: str = "  ") -> str:
    """Break text into lines of a width.

    Args:
        text: Words.
        width: The widest line, in characters.
        indent: What lines after the first begin with.
    """
    whole = _TOGETHER.sub(_GLUE, text)
    return textwrap.fill(whole, width, subsequent_indent=indent, break_on_hyphens=False).replace(_GLUE, " ")
