"""Serve a trained network over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.inference.serving.limits import HOST, PORT, Limits

if TYPE_CHECKING:
    from tracker.inference.loading import TrainedNetwork


def serve(
    model: str | Path,
    *,
    host: str = HOST,
    port: int = PORT,
    max_bytes: int = Limits.max_bytes,
    max_images: int = Limits.max_images,
    max_pixels: int = Limits.max_pixels,
    allow_host: Sequence[str] = (),
    tracking_uri: str | None = None,
    ready: Callable[[str, TrainedNetwork], None] | None = None,
) -> None:
    """Answer over HTTP what a trained network says of images, until SIGTERM or Ctrl-C.

    It has no accounts and speaks plain HTTP: other machines reach it by a proxy that has both.

    Args:
        model: RUN_ID, `runs:/RUN_ID/NAME`, `models:/NAME@ALIAS`, `models:/NAME/VERSION`, or a folder.
        host: A name or an address of this machine.
        port: 0 to 65535; 0: one that is free.
        max_bytes: The largest body of a request.
        max_images: The most images in a request.
        max_pixels: The most pixels of an image, which is refused before it is decoded.
        allow_host: Names by which others ask for it, as behind a proxy. Without any, a server that only this
            machine reaches is asked by its address or `localhost`, and one that others reach by any name.
        tracking_uri: MLflow's server or store; None: MLFLOW_TRACKING_URI, or mlflow.db in this folder.
        ready: Called with the server's address and the network, as soon as it answers.

    Raises:
        UsageError: The port is taken, or not allowed.
        TrackingError: The store does not answer, or has no such model.
        ModelError: It is no trained network.
    """
    from tracker.inference.loading import load_trained
    from tracker.inference.serving.names import names_of
    from tracker.inference.serving.server import answer_on, listening

    limits = Limits(max_bytes=max_bytes, max_images=max_images, max_pixels=max_pixels)
    with listening(host, port) as listener:
        network = load_trained(model, tracking_uri=tracking_uri)
        address = _address(host, listener.getsockname()[1])
        names = names_of(host, allow_host)
        answer_on(listener, network, limits, lambda: ready(address, network) if ready else None, names)


def _address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
