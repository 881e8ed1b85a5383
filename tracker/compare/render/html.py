"""A table as an HTML page, which word processors and mail programs take as a table."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.compare.findings import Findings
from tracker.compare.render.conclusions import verdict_lines
from tracker.compare.render.interval_cells import rows_of
from tracker.compare.render.notes import caption, footnotes
from tracker.compare.table import Table
from tracker.foreign_text import for_html

_STYLE = (
    "table{border-collapse:collapse;border-top:2px solid;border-bottom:2px solid}"
    "caption{text-align:left;padding:.5em 0}th,td{padding:.25em 1em;text-align:right}"
    "th:first-child{text-align:left}thead{border-bottom:1px solid}"
)


def render_html(table: Table, findings: Findings | None = None, further: Sequence[str] = ()) -> str:
    """Return the table as a page of its own: its caption above it, the verdict and the notes below.

    Args:
        table: The table.
        findings: What the answers of its networks say; None: not known.
        further: Pieces that follow, such as views.
    """
    title = for_html(caption(table))
    verdict = [f"<p>{for_html(line)}</p>" for line in (verdict_lines(table, findings) if findings else [])]
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        f'<head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head>',
        "<body>",
        "<table>",
        f"<caption>{title}</caption>",
        f"<thead>{_row('mode', table.models, tag='th')}</thead>",
        "<tbody>",
        *(_row(first, cells) for first, *cells in rows_of(table, findings)),
        "</tbody>",
        "</table>",
        *verdict,
        "<ul>",
        *(f"<li>{for_html(note)}</li>" for note in footnotes(table, findings)),
        "</ul>",
        *(piece.rstrip("\n") for piece in further),
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def _row(first: str, cells: Sequence[object], *, tag: str = "td") -> str:
    rest = "".join(f"<{tag}>{for_html(str(cell))}</{tag}>" for cell in cells)
    return f"<tr><th>{for_html(first)}</th>{rest}</tr>"
