"""`tracker ui`: MLflow's own pages over the embedded store."""

from __future__ import annotations

from typing import Annotated

import typer

from tracker.cli.parameters import Example, TrackingUri
from tracker.cli.terminal import print_unsent


def ui(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)] = 5000,
    tracking_uri: TrackingUri = None,
    example: Example = False,
) -> None:
    """Show curves and runs in MLflow's UI, on this machine only; Ctrl-C ends it."""
    from tracker.ui.server import run_ui
    from tracker.ui.stores import open_store

    with open_store(tracking_uri, example=example, on_unsent=print_unsent) as uri:
        run_ui(uri, port, ready=typer.echo)
