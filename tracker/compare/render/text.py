"""A table as aligned plain text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracker.compare.render.cells import Written, written_differences, written_rows
from tracker.compare.render.notes import caption, footnotes
from tracker.compare.selection import Excluded
from tracker.compare.table import DIFFERENCE, MINUEND, Table

_GAP = "   "
_DIFFERENCE_LINES = (MINUEND, DIFFERENCE.removeprefix(MINUEND).strip())


@dataclass(frozen=True, slots=True)
class _Column:
    header: str
    cells: tuple[Written, ...]

    def lines(self) -> list[str]:
        """Return header and cells at one width, with means and deviations under each other."""
        mean = max(len(mean) for mean, _ in self.cells)
        spread = max(len(spread) for _, spread in self.cells)
        cells = [mean_.rjust(mean) + spread_.ljust(spread) for mean_, spread_ in self.cells]
        width = max(len(self.header), mean + spread)
        return [line.rjust(width) for line in (self.header, *cells)]


def render_text(table: Table, *, width: int = 80) -> str:
    """Return the table as text that fits the width; too many models go on in a further block.

    Args:
        table: The comparison.
        width: The widest line, in characters.
    """
    labels = [row.mode for row in table.rows]
    columns = _columns(table)
    blocks = ["\n".join(_block(table, labels, some)) for some in _fitting(labels, columns, width)]
    notes = [_fill(note, width, "  ") for note in footnotes(table)]
    pieces = [caption(table), *blocks, "\n".join(notes), _excluded(table.selection.excluded, width)]
    return "\n\n".join(piece for piece in pieces if piece) + "\n"


def _columns(table: Table) -> list[_Column]:
    rows = written_rows(table)
    if table.differences:
        rows.append(written_differences(table))
    return [_Column(model, cells) for model, cells in zip(table.models, zip(*rows, strict=True), strict=True)]


def _fitting(labels: Sequence[str], columns: Sequence[_Column], width: int) -> Iterator[list[_Column]]:
    left = width - _label_width(labels)
    room, block = left, list[_Column]()
    for column in columns:
        needed = len(_GAP) + len(column.lines()[0])
        if block and needed > room:
            yield block
            room, block = left, []
        block.append(column)
        room -= needed
    yield block


def _label_width(labels: Sequence[str]) -> int:
    return max(len(label) for label in (*labels, *_DIFFERENCE_LINES))


def _block(table: Table, labels: Sequence[str], columns: Sequence[_Column]) -> list[str]:
    first = _label_width(labels)
    names = ["", *labels, *(_DIFFERENCE_LINES[1:] if table.differences else ())]
    cells = zip(*(column.lines() for column in columns), strict=True)
    lines = [_GAP.join([name.ljust(first), *row]).rstrip() for name, row in zip(names, cells, strict=True)]
    rule = "─" * (first + sum(len(_GAP) + len(column.lines()[0]) for column in columns))
    head, body, tail = lines[:1], lines[1 : 1 + len(labels)], lines[1 + len(labels) :]
    return [*head, rule, *body, *([rule, _DIFFERENCE_LINES[0], *tail] if tail else []), rule]


def _excluded(excluded: Sequence[Excluded], width: int) -> str:
    if not excluded:
        return ""
    lines = [f"  {entry.name}  {entry.status}  {entry.reason}" for entry in excluded]
    return "\n".join(["Not in the table:", *(_fill(line, width, "    ") for line in lines)])


def _fill(text: str, width: int, indent: str) -> str:
    return textwrap.fill(text, width, subsequent_indent=indent, break_on_hyphens=False)
