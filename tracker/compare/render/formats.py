"""The formats that `tracker compare --format` knows, and a table in each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, get_args

from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.compare.table import Table
    from tracker.compare.trials import TrialsByStudy

Format = Literal["table", "markdown", "csv", "json", "latex"]
FORMATS: tuple[Format, ...] = get_args(Format)
_WITH_TRIALS = ("table", "json")


def render(table: Table, format: str, *, width: int = 80, trials: TrialsByStudy | None = None) -> str:
    """Return a table in a format, ending with a line break.

    Args:
        table: The comparison.
        format: One of `FORMATS`. Values are rounded for people (table, markdown, latex) or written in
            full, as recorded and for every seed (csv, json).
        width: The widest line of the format `table`, in characters.
        trials: The trials of studies, to follow the table; None: none. Formats for one table refuse them.

    Raises:
        UsageError: There is no such format, or it has no room for trials.
    """
    if trials is not None and format not in _WITH_TRIALS:
        raise UsageError(
            "--include-trials must be asked for in a format that has room for them",
            but=f"--format was {format}",
            do=f"Choose among {', '.join(_WITH_TRIALS)}.",
        )
    renderers = _renderers(width, trials)
    if format not in renderers:
        raise UsageError(
            "--format must be one that exists",
            but=f"it was {format!r}",
            do=f"Choose among {', '.join(FORMATS)}.",
        )
    return renderers[format](table)


def _renderers(width: int, trials: TrialsByStudy | None) -> dict[str, Callable[[Table], str]]:
    # Imported here: the command line takes the names of the formats from this file to read its arguments.
    from tracker.compare.render.csv_rows import render_csv
    from tracker.compare.render.json_document import render_json
    from tracker.compare.render.latex import render_latex
    from tracker.compare.render.markdown import render_markdown
    from tracker.compare.render.text import render_text, render_trials

    followed_by = "" if trials is None else f"\n{render_trials(trials, width=width)}"
    return {
        "table": lambda table: render_text(table, width=width) + followed_by,
        "markdown": render_markdown,
        "csv": render_csv,
        "json": lambda table: render_json(table, trials),
        "latex": render_latex,
    }
