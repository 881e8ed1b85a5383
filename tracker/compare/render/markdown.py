"""A table in Markdown, for a README or an issue."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.compare.render.cells import cell_texts, difference_texts
from tracker.compare.render.notes import caption, footnotes
from tracker.compare.table import DIFFERENCE, Table


def render_markdown(table: Table) -> str:
    """Return the table in Markdown, its caption above it and its notes as a list below."""
    rows = [[row.mode, *map(str, cells)] for row, cells in zip(table.rows, cell_texts(table), strict=True)]
    if table.differences:
        rows.append([DIFFERENCE, *map(str, difference_texts(table))])
    lines = [_line(["mode", *table.models]), _line([":--", *("--:" for _ in table.models)])]
    lines += map(_line, rows)
    notes = [f"- {note}" for note in footnotes(table)]
    return "\n".join([f"**{caption(table)}**", "", *lines, "", *notes]) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
