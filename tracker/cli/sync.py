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
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="ADDRESS", help="With --to: an address that runs were meant for."),
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Where those runs go instead, from now on.")
    ] = None,
) -> None:
    """Send the journals of this folder's runs to MLflow; sending something again changes nothing."""
    from tracker import api
    from tracker.interruption import Interruption
    from tracker.tracking.backend.uri import resolve_uri
    from tracker.tracking.journal.run_folder import tracker_home
    from tracker.tracking.shipping import flush

    moved = _moved(from_, to, tracking_uri)
    if moved or all_ or not watch:
        unsent = api.sync(tracking_uri=tracking_uri, again=all_, moved=moved)
    if watch:
        uri = resolve_uri(tracking_uri) if tracking_uri else None
        with Interruption().taking_signals():
            unsent = flush.watch(tracker_home(), _print, tracking_uri=uri)
    else:
        _print(unsent)
    raise typer.Exit(1 if unsent else 0)


def _moved(before: str | None, now: str | None, tracking_uri: str | None) -> tuple[str, str] | None:
    from tracker.errors import UsageError

    if before is None and now is None:
        return None
    if not before or not now or tracking_uri is not None:
        raise UsageError(
            "--from and --to must stand together, without --tracking-uri",
            but="they do not",
            do="Type tracker sync --from OLD --to NEW; tracker status shows the addresses of runs.",
        )
    return before, now


def _print(unsent: Unsent) -> None:
    for line in unsent.lines():
        say(line)
