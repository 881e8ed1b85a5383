"""The formats that `tracker compare --format` knows, and a table in each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from tracker.errors import UsageError
from tracker.foreign_text import printable_lines

if TYPE_CHECKING:
    from tracker.compare.findings import Findings
    from tracker.compare.table import Table
    from tracker.compare.trials import TrialsByStudy
    from tracker.compare.view import View

Format = Literal["table", "markdown", "csv", "json", "latex", "html"]
FORMATS: tuple[Format, ...] = get_args(Format)
_WITH_TRIALS = ("table", "json")

ENDINGS: Mapping[str, Format] = {
    ".txt": "table",
    ".md": "markdown",
    ".markdown": "markdown",
    ".csv": "csv",
    ".json": "json",
    ".tex": "latex",
    ".html": "html",
    ".htm": "html",
}
"""The format of a file by the ending of its name."""


def format_of(output: Path | None, asked: str | None) -> str:
    """Return the format of a table: as it is asked for, or as its file is called.

    Args:
        output: The file; None: a terminal.
        asked: The format that is asked for; None: none is. Any can go into a `.txt` file.

    Raises:
        UsageError: The name says another format than is asked for, or none that there is.
    """
    ending = output.suffix.lower() if output is not None else ""
    meant = ENDINGS.get(ending)
    if asked is None and ending and meant is None:
        raise UsageError(
            f"--output must end with one of {', '.join(ENDINGS)}",
            but=f"it is {str(output)!r}",
            do=f"Choose one, or say what it shall hold with --format: {', '.join(FORMATS)}.",
        )
    if asked is not None and meant not in (None, "table", asked):
        raise UsageError(
            "--format and the ending of --output must be the same",
            but=f"they are {asked} and {ending}, which is {meant}",
            do="Leave --format out, or name another file.",
        )
    return asked or meant or "table"


def render(
    table: Table,
    format: str,
    *,
    width: int = 80,
    trials: TrialsByStudy | None = None,
    findings: Findings | None = None,
    details: bool = False,
    views: Sequence[View] = (),
) -> str:
    """Return a table in a format, ending with a line break.

    Args:
        table: The comparison.
        format: One of `FORMATS`. Values are rounded for people (table, markdown, latex, html) or written in
            full, as recorded and for every seed (csv, json).
        width: The widest line of the format `table`, in characters.
        trials: The trials of studies, to follow the table; None: none. Formats for one table refuse them.
        findings: What the answers of its networks say; None: not known.
        details: Whether every measure and every test follow the table.
        views: Further views, to follow the table; csv holds the numbers of one view in the table's place.

    Raises:
        UsageError: There is no such format, or it has no room for trials, details or several views.
    """
    if trials is not None and format not in _WITH_TRIALS:
        raise UsageError(
            "--include-trials must be asked for in a format that has room for them",
            but=f"--format was {format}",
            do=f"Choose among {', '.join(_WITH_TRIALS)}.",
        )
    if details and format not in ("table", "csv", "json"):
        raise UsageError(
            "--details must be asked for in a format that has room for them",
            but=f"--format was {format}",
            do="Choose table; csv and json have them anyway.",
        )
    if len(views) > 1 and format == "csv":
        raise UsageError(
            "--format csv must be asked for with one view, as it holds one table",
            but=f"there are {len(views)}: {', '.join(view.name for view in views)}",
            do="Ask for one of them, or choose json.",
        )
    renderers = _renderers(width, trials, findings, details=details, views=views)
    if format not in renderers:
        raise UsageError(
            "--format must be one that exists",
            but=f"it was {format!r}",
            do=f"Choose among {', '.join(FORMATS)}.",
        )
    return renderers[format](table)


def _renderers(
    width: int,
    trials: TrialsByStudy | None,
    findings: Findings | None,
    *,
    details: bool,
    views: Sequence[View],
) -> dict[str, Callable[[Table], str]]:
    # Imported here: the command line takes the names of the formats from this file to read its arguments.
    from tracker.compare.render.csv_rows import render_csv
    from tracker.compare.render.details import render_details
    from tracker.compare.render.html import render_html
    from tracker.compare.render.json_document import render_json
    from tracker.compare.render.latex import render_latex
    from tracker.compare.render.markdown import render_markdown
    from tracker.compare.render.text import render_text, render_trials
    from tracker.compare.render.view_formats import (
        render_view_csv,
        render_view_html,
        render_view_latex,
        render_view_markdown,
    )
    from tracker.compare.render.view_text import render_view_text

    def followed(text: str, by: Callable[[View], str]) -> str:
        return "\n".join([text, *map(by, views)])

    followed_by = f"\n{render_details(findings)}" if details and findings is not None else ""
    followed_by += "" if trials is None else f"\n{render_trials(trials, width=width)}"
    return {
        "table": lambda table: printable_lines(
            followed(
                render_text(table, findings, width=width), lambda view: render_view_text(view, width=width)
            )
            + followed_by
        ),
        "markdown": lambda table: followed(render_markdown(table, findings), render_view_markdown),
        "csv": lambda table: render_view_csv(views[0]) if views else render_csv(table, findings),
        "json": lambda table: render_json(table, findings, trials, views),
        "latex": lambda table: followed(render_latex(table, findings), render_view_latex),
        "html": lambda table: render_html(table, findings, [*map(render_view_html, views)]),
    }
