"""A web server with one file, which can be told to misbehave."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Publisher:
    """A real HTTP server with one file.

    Attributes:
        content: The file.
        etag: Its version; None: the server names none.
        ranges: Whether a part of it can be asked for.
        cuts: After how many bytes the first answers break off.
        announced: The size that the server announces; None: the true one.
        status: What it answers.
        hang: Whether it keeps the connection open after what it has sent.
        wrong_start: How far ahead of what was asked for it says to begin.
        requests: The headers of each request.
        root: Its address, without a path; every path leads to the file.
    """

    content: bytes = b""
    etag: str | None = '"v1"'
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    announced: int | None = None
    status: int = 200
    hang: bool = False
    wrong_start: int = 0
    requests: list[dict[str, str]] = field(default_factory=list)
    root: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests.append(dict(handler.headers))
        if self.status != 200:
            handler.send_error(self.status)
            return
        start = self.start_of(handler)
        if start >= len(self.content) > 0:
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(self.content)}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        self.send(handler, start)

    def start_of(self, handler: BaseHTTPRequestHandler) -> int:
        asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        same = handler.headers.get("If-Range") == self.etag
        return int(asked[1]) if asked and same and self.ranges else 0

    def send(self, handler: BaseHTTPRequestHandler, start: int) -> None:
        rest = self.content[start:]
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header(
                "Content-Range",
                f"bytes {start + self.wrong_start}-{len(self.content) - 1}/{len(self.content)}",
            )
        handler.send_header("Content-Length", str(self.announced or len(rest)))
        if self.etag:
            handler.send_header("ETag", self.etag)
        handler.end_headers()
        handler.wfile.write(rest[: self.cuts.pop(0)] if self.cuts else rest)
        if self.hang:
            handler.wfile.flush()
            handler.connection.settimeout(10)
            handler.connection.recv(1)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    published = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            published.answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # So that closing the server waits for the answers that it still gives.
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    published.root = f"http://127.0.0.1:{server.server_port}"
    yield published
    server.shutdown()
    server.server_close()
    thread.join()
