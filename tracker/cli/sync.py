"""`tracker sync`: send what MLflow does not have yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.terminal import say

if TYPE_CHECKING:
    from tracker.tracking.shipping.unsent import Unsent


def sync(
    all_: Annotated[
        bool,
        typer.Option("--all", help="Send everything again, as for a server restored from an old backup."),
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until Ctrl-C.")] = False,
    tracking_uri: Annotated[
        str | None, typer.Option(help="Only runs meant for this server or store. Default: all.")
    ] = None,
) -> None:
    """Send the journals of this folder's runs to MLflow; sending something again changes nothing."""
    from tracker import api
    from tracker.interruption import Interruption
    from tracker.tracking.backend.uri import resolve_uri
    from tracker.tracking.journal.run_folder import tracker_home
    from tracker.tracking.shipping import flush

    if all_ or not watch:
        unsent = api.sync(tracking_uri=tracking_uri, again=all_)
    if watch:
        uri = resolve_uri(tracking_uri) if tracking_uri else None
        with Interruption().taking_signals():
            unsent = flush.watch(tracker_home(), _print, tracking_uri=uri)
    else:
        _print(unsent)
    raise typer.Exit(1 if unsent else 0)


def _print(unsent: Unsent) -> None:
    for line in unsent.lines():
        say(line)
