"""`tracker models`: which networks there are, and where they can be cut."""

from __future__ import annotations

from typing import Annotated

import typer


def models(
    name: Annotated[str | None, typer.Argument(help="A network, to see the nodes it can be cut at.")] = None,
) -> None:
    """List the networks, or the nodes at which freeze:NODE can cut one."""
    from tracker.models.cut import cut_points
    from tracker.models.networks import build_network, network_names

    if name is None:
        typer.echo("\n".join(network_names()))
        return
    network = build_network(name, weights="none", classes=2, seed=0)
    typer.echo("\n".join(cut_points(network)))
