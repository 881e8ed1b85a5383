"""`tracker sync`: send what MLflow does not have yet."""

from __future__ import annotations

from typing import Annotated

import typer


def sync(
    watch: Annotated[bool, typer.Option("--watch", help="Go on until Ctrl-C.")] = False,
    tracking_uri: Annotated[
        str | None, typer.Option(help="Only runs meant for this server or store. Default: all.")
    ] = None,
) -> None:
    """Send the journals of this folder's runs to MLflow; what was sent before is not sent again."""
    from tracker.tracking.home import tracker_home
    from tracker.tracking.store import resolve_uri
    from tracker.tracking.sync import sync as send

    uri = resolve_uri(tracking_uri) if tracking_uri else None
    unsent = send(tracker_home(), watch=watch, tracking_uri=uri)
    typer.echo(str(unsent))
    raise typer.Exit(1 if unsent else 0)
