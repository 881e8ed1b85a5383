"""A server of one network on one port, until it is asked to end."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import uvicorn
from PIL import Image

from tracker.errors import UsageError
from tracker.inference.loading import TrainedNetwork
from tracker.inference.serving.app import NetworkApp
from tracker.inference.serving.connections import guarded
from tracker.inference.serving.limits import Limits

_BACKLOG = 128
_KEEP_ALIVE_S = 10
_LAST_ANSWERS_S = 30


class Server(uvicorn.Server):
    """Answers until SIGTERM or Ctrl-C, or until `should_exit` is set, and then what it was asked before.

    Args:
        config: As uvicorn takes it.
        ready: Called as soon as it answers.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self._ready()


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Have a port, before anything is loaded that takes time.

    Args:
        host: A name or an address of this machine.
        port: 0 to 65535; 0: one that is free.

    Raises:
        UsageError: It is taken, not allowed, or the machine has no such address.
    """
    try:
        family, *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise UsageError(
            f"port {port} of {host} must be free, and this account's to take",
            but=f"it is not ({_reason(error)})",
            do="Take another one: --port, from 1024 on.",
        ) from error
    with listener:
        yield listener


def _reason(error: OSError) -> str:
    known = error.errno if error.errno is not None and error.errno > 0 else None
    return (os.strerror(known) if known else error.strerror or str(error)).lower()


def server_of(
    network: TrainedNetwork,
    limits: Limits,
    ready: Callable[[], None],
    names: frozenset[str] | None = None,
) -> tuple[Server, NetworkApp]:
    """Return a server, and what answers in it, which is to be closed after it.

    Args:
        network: What is asked.
        limits: What is taken.
        ready: Called as soon as it answers.
        names: By which it is asked, as `names_of` gives them.
    """
    app = NetworkApp(network, limits, names)
    config = uvicorn.Config(
        app.asgi(),
        http=guarded(limits),
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="error",
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_LAST_ANSWERS_S,
    )
    return Server(config, ready), app


def answer_on(
    listener: socket.socket,
    network: TrainedNetwork,
    limits: Limits,
    ready: Callable[[], None],
    names: frozenset[str] | None,
) -> None:
    """Answer until SIGTERM or Ctrl-C; what was asked before is answered still.

    Args:
        listener: As `listening` gives it.
        network: What is asked.
        limits: What is taken.
        ready: Called as soon as it answers.
        names: By which it is asked, as `names_of` gives them.
    """
    # Its first answer takes longer, and one that cannot answer is better known now.
    network.logits(np.zeros((1, network.image_size, network.image_size, 3), np.uint8))
    server, app = server_of(network, limits, ready, names)
    try:
        with pixels_limited(limits.max_pixels):
            server.run(sockets=[listener])
    except KeyboardInterrupt:
        return
    finally:
        app.batches.close()


@contextmanager
def pixels_limited(most: int) -> Iterator[None]:
    """Have every decoder refuse larger images from their headers: all of them keep Pillow's limit."""
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, most
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before
