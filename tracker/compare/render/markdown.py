"""A table in Markdown, for a README or an issue."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.compare.render.cells import written_differences, written_rows
from tracker.compare.render.notes import caption, footnotes
from tracker.compare.table import DIFFERENCE, Table


def render_markdown(table: Table) -> str:
    """Return the table in Markdown, its caption above it and its notes as a list below."""
    labels = [row.mode for row in table.rows]
    rows = [["".join(cell) for cell in cells] for cells in written_rows(table)]
    if table.differences:
        labels.append(DIFFERENCE)
        rows.append(["".join(cell) for cell in written_differences(table)])
    lines = [_line(["mode", *table.models]), _line([":--", *("--:" for _ in table.models)])]
    lines += [_line([label, *row]) for label, row in zip(labels, rows, strict=True)]
    notes = [f"- {note}" for note in footnotes(table)]
    return "\n".join([f"**{caption(table)}**", "", *lines, "", *notes]) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
