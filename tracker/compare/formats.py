"""A table in every format that `tracker compare --format` knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from tracker.compare.latex import render_latex
from tracker.compare.markdown import render_markdown
from tracker.compare.plain_data import render_csv, render_json
from tracker.compare.table import Table
from tracker.compare.text import render_text
from tracker.errors import UsageError

Format = Literal["table", "markdown", "csv", "json", "latex"]
FORMATS: tuple[Format, ...] = get_args(Format)


def render(table: Table, format: str, *, width: int = 80) -> str:
    """Write a table in a format, ending with a line break.

    Args:
        table: The comparison.
        format: One of `FORMATS`. Values are rounded for people (table, markdown, latex) or written in
            full, as recorded and for every seed (csv, json).
        width: The widest line of the format `table`, in characters.

    Raises:
        UsageError: There is no such format.
    """
    renderers: dict[str, Callable[[Table], str]] = {
        "table": lambda table: render_text(table, width=width),
        "markdown": render_markdown,
        "csv": render_csv,
        "json": render_json,
        "latex": render_latex,
    }
    if format not in renderers:
        raise UsageError(
            "--format must be one that exists",
            but=f"it was {format!r}",
            do=f"Choose among {', '.join(FORMATS)}.",
        )
    return renderers[format](table)
