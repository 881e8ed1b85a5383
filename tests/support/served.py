"""A trained network that answers over HTTP on a free port of this machine, as long as a block lasts."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.exported import export_network
from tracker.compare.operating_point import OperatingPoint
from tracker.inference.loading import TrainedNetwork, load_trained
from tracker.inference.serving.limits import Limits
from tracker.inference.serving.server import Server, listening, server_of
from tracker.models.networks import build_network

CLASSES = ("normal", "tuberculosis")
HOST = "127.0.0.1"
# Of images as `drawn` draws them, some are above it and some below.
THRESHOLD = 1.4


@dataclass(frozen=True)
class Served:
    """A network and where it answers."""

    network: TrainedNetwork
    port: int
    server: Server

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    def connect(self) -> socket.socket:
        """Open a connection of one's own, for what no library of HTTP sends."""
        return socket.create_connection((HOST, self.port), timeout=30)


def drawn(seed: int, size: int = 48) -> bytes:
    """Draw a PNG of gray squares."""
    rng = np.random.default_rng(seed)
    values = rng.normal(rng.integers(0, 256), rng.integers(1, 60), (6, 6)).clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(values).resize((size, size), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()


def tiny_model(folder: Path, *, size: int = 32) -> Path:
    """Write a network of two classes whose finding has a threshold and a temperature."""
    folder.mkdir(parents=True, exist_ok=True)
    network = build_network("mini-resnet", weights="bundled", classes=2, seed=0)
    point = OperatingPoint(positive="tuberculosis", threshold=THRESHOLD, temperature=2.0)
    export_network(network, folder, classes=CLASSES, image_size=size, resize="stretch", point=point)
    return folder


@contextmanager
def serving(model: Path, *, names: frozenset[str] | None = None, **limits: float) -> Iterator[Served]:
    """Serve a network in a thread of this process."""
    network, ready = load_trained(model), threading.Event()
    with listening(HOST, 0) as listener:
        server, app = server_of(network, Limits(**limits), ready.set, names)  # type: ignore[arg-type]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert ready.wait(30)
            yield Served(network, listener.getsockname()[1], server)
        finally:
            server.should_exit = True
            thread.join()
            app.batches.close()
