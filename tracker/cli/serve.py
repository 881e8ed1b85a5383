"""`tracker serve`: a trained network that answers over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.parameters import TrackingUri
from tracker.cli.terminal import say
from tracker.inference.serving.limits import HOST, PORT, Limits
from tracker.inference.serving.names import is_loopback

if TYPE_CHECKING:
    from tracker.inference.loading import TrainedNetwork


def serve(
    model: Annotated[str, typer.Option(help="RUN_ID, models:/NAME@ALIAS, runs:/ID/NAME, or a folder.")],
    host: Annotated[
        str, typer.Option(help="Address to listen at; 0.0.0.0: every one of this machine.")
    ] = HOST,
    port: Annotated[int, typer.Option(help="Port.", min=1, max=65535)] = PORT,
    max_bytes: Annotated[int, typer.Option(help="Largest body of a request.", min=1000)] = Limits.max_bytes,
    max_images: Annotated[int, typer.Option(help="Most images in a request.", min=1)] = Limits.max_images,
    max_pixels: Annotated[
        int, typer.Option(help="Most pixels of an image; it is refused before it is decoded.", min=1_000_000)
    ] = Limits.max_pixels,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A name by which others ask for it, as behind a proxy.")
    ] = None,
    tracking_uri: TrackingUri = None,
) -> None:
    """Answer over HTTP what a trained network says of images; Ctrl-C ends it.

    It has no accounts and speaks plain HTTP: it listens on this machine alone, unless --host says otherwise.
    """
    import tracker.api.serving as api

    def ready(address: str, network: TrainedNetwork) -> None:
        _tell(address, network)
        _warn(host)

    api.serve(
        model,
        host=host,
        port=port,
        max_bytes=max_bytes,
        max_images=max_images,
        max_pixels=max_pixels,
        allow_host=allow_host or (),
        tracking_uri=tracking_uri,
        ready=ready,
    )


def _tell(address: str, network: TrainedNetwork) -> None:
    say(f"{network.model} ({', '.join(network.classes)}) answers at {address}")
    say("Ask it about an image, and what it is:")
    say(f"  curl --data-binary @xray.png -H 'Content-Type: image/png' {address}/predict")
    say(f"  curl {address}/model")


def _warn(host: str) -> None:
    if not is_loopback(host):
        say(
            "  note: other machines can ask it, without an account and in plain HTTP: "
            "put a proxy with TLS and accounts before it",
            err=True,
        )
