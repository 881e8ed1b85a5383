"""What lies between a client and a server, and fails in the way that a test chooses: an HTTP proxy."""

from __future__ import annotations

import re
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Literal

from tests.support.servers import HOST

Mode = Literal["pass", "refuse", "reset", "swallow", "hang", "401", "503"]
"""What becomes of a request.

refuse   there is no one who listens
reset    it reaches the server, and the connection breaks in the middle of the answer; each third one passes
swallow  it reaches the server, and the answer is lost; each third one passes
hang     it is read, and nothing comes back until `let_go`
401      it is answered so, and does not reach the server
"""
_STATUSES = ("401", "503")
_EACH_PASSES = 3
_BLOCK = 65536
_TURN_S = 0.02
_SERVER_TIMEOUT_S = 60


class Proxy:
    """Listens on a port of its own.

    Args:
        to: The server's port.
    """

    def __init__(self, to: int) -> None:
        self._to = to
        self._listener = _listen(0)
        self.port = int(self._listener.getsockname()[1])
        self._mode: Mode = "pass"
        self._changing = threading.Lock()
        self._clients: set[socket.socket] = set()
        self._let_go = threading.Event()
        self._closed = False
        self._asked = 0
        self.failed = 0
        self.answers: dict[str, tuple[str, str]] = {}
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    @property
    def uri(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def asked(self) -> int:
        """How many requests came."""
        return self._asked

    def be(self, mode: Mode) -> None:
        """Fail so from now on, also those who are waiting for an answer."""
        with self._changing:
            self._mode = mode
            if mode == "refuse":
                self._listener.close()
            elif self._listener.fileno() < 0:
                self._listener = _listen(self.port)
            for client in self._clients:
                with suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)

    def answer(self, path: str, status: str, body: str = "") -> None:
        """Answer whatever has this in its path by itself from now on, such as a server that is older."""
        self.answers[path] = (status, body)

    def let_go(self) -> None:
        """Answer 401 to those whom it let hang."""
        self._let_go.set()

    def close(self) -> None:
        self._closed = True
        self.be("refuse")
        self._thread.join()

    def _accept(self) -> None:
        while not self._closed:
            listener = self._listener
            try:
                if select.select([listener], [], [], _TURN_S)[0]:
                    client, _ = listener.accept()
                    threading.Thread(target=self._serve, args=(client,), daemon=True).start()
            except (OSError, ValueError):
                # Closed by another thread; asked without a pause, it would take a whole core.
                time.sleep(_TURN_S)

    def _serve(self, client: socket.socket) -> None:
        with self._changing:
            mode = self._mode
            self._clients.add(client)
        try:
            # A client that goes away, or that a change of the mode cut off.
            with suppress(OSError):
                if request := _read_request(client):
                    self._treat(client, request, mode)
        finally:
            with self._changing:
                self._clients.remove(client)
                client.close()

    def _treat(self, client: socket.socket, request: bytes, mode: Mode) -> None:
        self._asked += 1
        path = request.split(b" ", 2)[1].decode()
        if found := next((answer for part, answer in self.answers.items() if part in path), None):
            client.sendall(_of_itself(*found))
            return
        if mode == "pass" or (mode in ("reset", "swallow") and self._asked % _EACH_PASSES == 0):
            client.sendall(self._answer(request))
            return
        self.failed += 1
        if mode == "hang":
            while not self._let_go.is_set():
                if select.select([client], [], [], _TURN_S)[0]:
                    return
            client.sendall(_of_itself("401"))
        elif mode in _STATUSES:
            client.sendall(_of_itself(mode))
        else:
            answer = self._answer(request)
            client.sendall(answer[: len(answer) // 2] if mode == "reset" else b"")
            # To close without waiting is a reset.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _answer(self, request: bytes) -> bytes:
        answer = b""
        with socket.create_connection((HOST, self._to), _SERVER_TIMEOUT_S) as server:
            server.sendall(request)
            while block := server.recv(_BLOCK):
                answer += block
        return answer


def _of_itself(status: str, body: str = "") -> bytes:
    # Without saying that it closes, a client's next request can go into the closed connection.
    ending = f"Content-Length: {len(body.encode())}\r\nConnection: close"
    return f"HTTP/1.1 {status} {HTTPStatus(int(status)).phrase}\r\n{ending}\r\n\r\n{body}".encode()


def _listen(port: int) -> socket.socket:
    return socket.create_server((HOST, port), backlog=64)


def _read_request(client: socket.socket) -> bytes:
    """Read a request whole, or nothing where none comes; the server is to end the connection after it."""
    data = b""
    while b"\r\n\r\n" not in data:
        block = client.recv(_BLOCK)
        if not block:
            return b""
        data += block
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length: *(\d+)", head)
    while len(body) < int(length[1] if length else 0):
        block = client.recv(_BLOCK)
        if not block:
            return b""
        body += block
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    """Have a proxy before a server as long as the block lasts."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
