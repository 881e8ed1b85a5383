"""`tracker status`: how this folder's runs stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tracker.tracking.status import RunSummary

_NARROWEST = 40


def status(
    experiment: Annotated[str | None, typer.Option(help="Only runs of this MLflow experiment.")] = None,
    tracking_uri: Annotated[
        str | None, typer.Option(help="Only runs meant for this server or store. Default: all.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every field, for programs.")] = False,
) -> None:
    """List this folder's runs: how far each is, and what MLflow does not have yet."""
    from tracker.cli.status_json import status_json
    from tracker.cli.status_summary import nothing_line, summary_lines
    from tracker.cli.status_table import table_lines
    from tracker.tracking.backend.uri import describe, resolve_uri
    from tracker.tracking.journal.run_folder import tracker_home
    from tracker.tracking.status import run_summaries, with_trials_folded

    server = describe(resolve_uri(tracking_uri)) if tracking_uri else None
    runs = run_summaries(tracker_home())
    chosen = _chosen(runs, experiment, server)
    if as_json:
        typer.echo(status_json(chosen))
    elif chosen:
        chosen, width = with_trials_folded(chosen), _width()
        typer.echo("\n".join([*table_lines(chosen, width=width), *summary_lines(chosen, width=width)]))
    else:
        typer.echo(nothing_line(runs, tracker_home()))


def _chosen(runs: Sequence[RunSummary], experiment: str | None, server: str | None) -> list[RunSummary]:
    """Keep what was asked for, and the runs of which nobody can say whether they were."""
    return [
        run
        for run in runs
        if run.creation is None or (experiment in (None, run.experiment) and server in (None, run.server))
    ]


def _width() -> int:
    import shutil

    return max(shutil.get_terminal_size().columns, _NARROWEST)
