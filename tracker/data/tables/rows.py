"""The rows of a table: what stands between its columns, and rows that have too many cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracker.data.tables.text import WINDOWS, not_a_table, read_text

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_LONGEST_HEADER = 100_000
_EXCEL_SAYS = re.compile(r'"?sep=(.)"?[ \t]*(\r\n|\r|\n|$)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row of a table.

    Attributes:
        line: The line of the file that it begins in, from 1.
        cells: As many as there are columns, without spaces around them.
        problem: What is wrong with it as a whole; empty: nothing.
    """

    line: int
    cells: Sequence[str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table.

    Attributes:
        path: Its file.
        names: The names of its columns, without spaces around them.
        rows: Its rows, without empty ones.
        notes: What a user should know of how it was read.
    """

    path: Path
    names: Sequence[str]
    rows: Sequence[SourceRow]
    notes: Sequence[str] = ()

    def column(self, place: int) -> list[str]:
        """Return the cells of a column."""
        return [row.cells[place] for row in self.rows]


def read_table(path: Path, is_known: Callable[[str], bool]) -> SourceTable:
    """Read a table, with whatever stands between its columns.

    Args:
        path: The file.
        is_known: Knows names of columns: what makes the most of them stands between columns.

    Returns:
        The table; a row with more cells than columns has a problem.

    Raises:
        DataError: It is no table, or a quotation mark is not closed.
    """
    text, encoding = read_text(path)
    said = _EXCEL_SAYS.match(text)
    body = text[said.end() :] if said else text
    delimiter = said[1] if said else _delimiter(body, is_known)
    lines = (
        (line + (1 if said else 0), cells) for line, cells in _split(body, delimiter, path) if any(cells)
    )
    notes = (
        ["the table is read as Windows-1252; check its umlauts and accents"] if encoding == WINDOWS else []
    )
    _, names = next(lines, (0, []))
    between = _DELIMITERS.get(delimiter, repr(delimiter))
    return SourceTable(path, names, [_row(line, cells, len(names), between) for line, cells in lines], notes)


def _delimiter(text: str, is_known: Callable[[str], bool]) -> str:
    """Choose what makes most columns with known names, then what makes most columns."""
    beginning = text[:_LONGEST_HEADER]

    def worth(delimiter: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(beginning, newline=""), delimiter=delimiter)
        names = next((cells for cells in reader if cells), [])
        return sum(map(is_known, names)), len(names)

    try:
        return max(_DELIMITERS, key=worth)
    except csv.Error:
        return ","


def _split(text: str, delimiter: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    line = 1
    try:
        for cells in reader:
            yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise not_a_table(path, f"in line {line}: {_in_words(error)}") from error


def _in_words(error: csv.Error) -> str:
    said = str(error)
    if "unexpected end" in said:
        return "a quotation mark is opened there and never closed"
    if "expected after" in said:
        return "something follows a quotation mark that closes"
    return said


def _row(line: int, cells: list[str], columns: int, between: str) -> SourceRow:
    more = [cell for cell in cells[columns:] if cell]
    problem = (
        f"{len(cells)} cells for {columns} columns: a {between} in a cell needs quotation marks"
        if more
        else ""
    )
    return SourceRow(line, [*cells[:columns], *[""] * (columns - len(cells))], problem)
