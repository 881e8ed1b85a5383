"""`tracker ui`: MLflow's own pages over the embedded store, opened where the curves are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.completion import experiments
from tracker.cli.parameters import Example, TrackingUri
from tracker.cli.terminal import print_unsent, say

if TYPE_CHECKING:
    from tracker.ui.pages import Pages


def ui(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)] = 5000,
    experiment: Annotated[
        str | None,
        typer.Option(
            help="MLflow experiment to show. Default: the one that was tracked last.",
            autocompletion=experiments,
        ),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    tracking_uri: TrackingUri = None,
    example: Example = False,
) -> None:
    """Show curves and runs in MLflow's UI, on this machine only; Ctrl-C ends it."""
    from tracker.ui.server import run_ui
    from tracker.ui.stores import open_store

    def ready(pages: Pages) -> None:
        _tell(pages, port, open_page=open_page)

    with open_store(tracking_uri, example=example, on_unsent=print_unsent) as uri:
        run_ui(uri, port, experiment=experiment, ready=ready)


def _tell(pages: Pages, port: int, *, open_page: bool) -> None:
    from tracker.ui.browser import open_browser
    from tracker.ui.pages import pages_text

    say(pages_text(pages))
    if open_page and not open_browser(pages.address_once):
        elsewhere = f"; from another machine: ssh -L {port}:127.0.0.1:{port} THIS_ONE" if pages.ours else ""
        say(f"no browser can be opened here: open the address yourself{elsewhere}", err=True)
