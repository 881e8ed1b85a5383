"""A server that answers every request with the bytes that it was given, whatever HTTP says of them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_END = b"\r\n\r\n"


@contextmanager
def canned_server(*answers: bytes) -> Iterator[str]:
    """Answer one request after the other, the last answer again and again.

    Args:
        answers: Whole answers, from their first line on; `{root}` in them becomes the server's address.

    Yields:
        The server's address, without a path.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        root = f"http://127.0.0.1:{listening.getsockname()[1]}"
        left = [answer.replace(b"{root}", root.encode()) for answer in answers]
        thread = threading.Thread(target=_serve, args=(listening, left))
        thread.start()
        try:
            yield root
        finally:
            # Wakes the thread.
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listening: socket.socket, left: list[bytes]) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            asked = b""
            while _END not in asked and (more := connection.recv(4096)):
                asked += more
            connection.sendall(left.pop(0) if len(left) > 1 else left[0])
