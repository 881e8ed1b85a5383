"""A table in Markdown, for a README or an issue."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.compare.findings import Findings
from tracker.compare.render.conclusions import verdict_lines
from tracker.compare.render.interval_cells import rows_of
from tracker.compare.render.notes import caption, footnotes
from tracker.compare.table import Table
from tracker.foreign_text import for_markdown


def render_markdown(table: Table, findings: Findings | None = None) -> str:
    """Return the table in Markdown: its caption above it, the verdict and the notes below.

    Args:
        table: The table.
        findings: What the answers of its networks say; None: not known.
    """
    rows = rows_of(table, findings)
    lines = [_line(["mode", *table.models]), _line([":--", *("--:" for _ in table.models)])]
    lines += map(_line, rows)
    notes = [f"- {for_markdown(note)}" for note in footnotes(table, findings)]
    verdict, *each = (verdict_lines(table, findings) if findings else []) or [""]
    each = [f"- {for_markdown(line)}" for line in each]
    told = ["", f"**{for_markdown(verdict)}**", *([""] if each else []), *each] if verdict else []
    return "\n".join([f"**{for_markdown(caption(table))}**", "", *lines, *told, "", *notes]) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(for_markdown(cell) for cell in cells)} |"
