"""A table as an HTML page, which word processors and mail programs take as a table."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tracker.compare.render.cells import cell_texts, difference_texts
from tracker.compare.render.notes import caption, footnotes
from tracker.compare.table import DIFFERENCE, Table

_STYLE = (
    "table{border-collapse:collapse;border-top:2px solid;border-bottom:2px solid}"
    "caption{text-align:left;padding:.5em 0}th,td{padding:.25em 1em;text-align:right}"
    "th:first-child{text-align:left}thead{border-bottom:1px solid}"
)


def render_html(table: Table) -> str:
    """Return the table as a page of its own, its caption above it and its notes as a list below."""
    rows = [_row(row.mode, cells) for row, cells in zip(table.rows, cell_texts(table), strict=True)]
    if table.differences:
        rows.append(_row(DIFFERENCE, difference_texts(table)))
    title = escape(caption(table))
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        f'<head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head>',
        "<body>",
        "<table>",
        f"<caption>{title}</caption>",
        f"<thead>{_row('mode', table.models, tag='th')}</thead>",
        "<tbody>",
        *rows,
        "</tbody>",
        "</table>",
        "<ul>",
        *(f"<li>{escape(note)}</li>" for note in footnotes(table)),
        "</ul>",
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def _row(first: str, cells: Sequence[object], *, tag: str = "td") -> str:
    rest = "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells)
    return f"<tr><th>{escape(first)}</th>{rest}</tr>"
