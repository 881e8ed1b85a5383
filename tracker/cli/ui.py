"""`tracker ui`: MLflow's own pages over the embedded store."""

from __future__ import annotations

from typing import Annotated

import typer

from tracker.cli.opened import Example, opened


def ui(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)] = 5000,
    tracking_uri: Annotated[
        str | None,
        typer.Option(help="MLflow server or store. Default: MLFLOW_TRACKING_URI, or sqlite:///mlflow.db."),
    ] = None,
    example: Example = False,
) -> None:
    """Show curves and runs in MLflow's UI, on this machine only; Ctrl-C ends it."""
    from tracker.ui.server import run_ui

    with opened(tracking_uri, example=example) as uri:
        run_ui(uri, port, ready=typer.echo)
