"""`tracker status`: how this folder's runs stand."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from tracker.cli.terminal import say

_NARROWEST = 40


def status(
    experiment: Annotated[str | None, typer.Option(help="Only runs of this MLflow experiment.")] = None,
    tracking_uri: Annotated[
        str | None, typer.Option(help="Only runs meant for this server or store. Default: all.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every field, for programs.")] = False,
) -> None:
    """List this folder's runs: how far each is, and what MLflow does not have yet."""
    from tracker import api
    from tracker.cli.status_json import status_json
    from tracker.cli.status_text import nothing_line, summary_lines, table_lines
    from tracker.tracking.journal.run_folder import tracker_home
    from tracker.tracking.shipping.lost import lost_stores
    from tracker.tracking.status import with_trials_folded

    chosen = api.status(experiment=experiment, tracking_uri=tracking_uri)
    if as_json:
        say(status_json(chosen))
    elif chosen:
        chosen, width = with_trials_folded(chosen), _width()
        say("\n".join([*table_lines(chosen, width=width), *summary_lines(chosen, width=width)]))
        uris = {run.goes_to for run in chosen if run.goes_to}
        for line in lost_stores(tracker_home(), sorted(uris)):
            say(line, err=True)
    else:
        say(nothing_line(api.status(), tracker_home()))


def _width() -> int:
    return max(shutil.get_terminal_size().columns, _NARROWEST)
