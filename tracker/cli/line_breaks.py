"""Breaks what is too long for a terminal, and never within what is to be copied."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WHOLE = re.compile(r"--[\w-]+ (?:'[^']*'|\S)+|(?:(?<!\S)'[^']*'|\S)+")
"""A word, words in quotation marks, or an option with its value."""


def broken(lines: Iterable[str], width: int) -> list[str]:
    """Break lines that are longer than a width; what goes on is indented.

    Args:
        lines: Lines of words, with options as they are typed.
        width: The most letters of a line, where words and values allow.
    """
    return [piece for line in lines for piece in _broken(line, width)]


def _broken(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    pieces = [""]
    for word in _WHOLE.findall(line):
        longer = f"{pieces[-1]} {word}" if pieces[-1].strip() else f"{pieces[-1]}{word}"
        if len(longer) <= width or not pieces[-1].strip():
            pieces[-1] = longer
        else:
            pieces.append(f"  {word}")
    return pieces
