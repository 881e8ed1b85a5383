"""`tracker models`: which networks there are, and where they can be cut."""

from __future__ import annotations

from typing import Annotated

import typer

from tracker.cli import completion
from tracker.cli.terminal import say


def models(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A network, to see the nodes it can be cut at.", autocompletion=completion.models
        ),
    ] = None,
) -> None:
    """List the networks, or the nodes at which freeze:NODE can cut one; those of freeze:all are marked."""
    if name is None:
        _list_networks()
        return
    from tracker.models.blocks import marked_cut_points
    from tracker.models.networks import build_network

    network = build_network(name, weights="none", classes=2, seed=0)
    for point, block in marked_cut_points(network):
        say(f"{point:40} freeze:all: {block}" if block else point)


def _list_networks() -> None:
    """Print the names of all networks; torch is not imported."""
    from tracker.models.catalog import bundled_names, network_names

    bundled = set(bundled_names())
    for known in network_names():
        say(f"{known:22} brings its weights" if known in bundled else known)
