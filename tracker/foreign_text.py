"""Text of others, on its way to a reader: each place where it is read has its rule here, and nowhere else.

Names of experiments, runs, classes and files, parameters, cells of tables, answers of servers and the words
of exceptions are written by anyone. None of it moves a terminal's cursor, changes the direction of a line,
becomes a link, a formula, a command or a piece of a page.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Mapping

_LONGEST = 4000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARKDOWN = str.maketrans(
    {"|": r"\|", "<": "&lt;", "&": "&amp;", "*": r"\*", "`": r"\`", "[": r"\[", "]": r"\]"}
)
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": "$<$",
        ">": "$>$",
        "±": r"$\pm$",
        "−": "$-$",
        "–": "--",
    }
)


def printable(text: str) -> str:
    r"""Return text as one line of letters that a terminal shows: `\x1b` for what begins a command.

    Args:
        text: Any text.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _named(letter) for letter in text)


def printable_lines(text: str) -> str:
    """Return text whose line ends are its own, and of which every line is printable.

    Args:
        text: Lines that tracker put together.
    """
    return "\n".join(map(printable, text.split("\n")))


def bounded(line: str) -> str:
    """Return a line that somebody can read to its end.

    Args:
        line: One line.
    """
    more = len(line) - _LONGEST
    return f"{line[:_LONGEST]} ... and {more:,} letters more" if more > 0 else line


def for_markdown(text: str) -> str:
    """Return text as Markdown shows it in one line, also in the cell of a table.

    Args:
        text: Any text.
    """
    return printable(text).translate(_MARKDOWN)


def for_html(text: str) -> str:
    """Return text as a piece of a page or the value of an attribute shows it.

    Args:
        text: Any text.
    """
    return html.escape(printable(text))


def for_latex(text: str) -> str:
    """Return text with every character that LaTeX would read as a command made printable.

    Args:
        text: Any text.
    """
    return printable(text).translate(_LATEX)


def for_csv(row: Mapping[str, object]) -> dict[str, object]:
    """Return the cells of a row such that no spreadsheet reads one of them as a formula; numbers stay.

    Args:
        row: Cells by their columns.
    """
    return {name: _cell(value) if isinstance(value, str) else value for name, value in row.items()}


def as_json(content: object) -> str:
    r"""Return JSON that reads back as the same, with `\u202e` for what a terminal would not show.

    Args:
        content: What JSON can hold.
    """
    written = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    return "\n".join(re.sub(r"[^ -~]", _escaped, line) for line in written.split("\n"))


def _cell(text: str) -> str:
    # A spreadsheet looks past spaces.
    shown = printable(text)
    return f"'{shown}" if text.lstrip(" ").startswith(_FORMULA) else shown


def _named(letter: str) -> str:
    return " " if unicodedata.category(letter) == "Zs" else ascii(letter)[1:-1]


def _escaped(found: re.Match[str]) -> str:
    letter = found[0]
    return letter if letter.isprintable() else json.dumps(letter)[1:-1]
