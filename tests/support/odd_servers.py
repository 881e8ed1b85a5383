"""A server that is none of MLflow's: whatever it is asked, it answers what a test chooses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from tests.support.servers import HOST

ODD_ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "a page": (200, {"Content-Type": "text/html"}, b"<html><body>Please log in</body></html>"),
    "null": (200, {}, b"null"),
    "a list": (200, {}, b"[1, 2]"),
    "a text": (200, {}, b'"fine"'),
    "nothing": (200, {}, b""),
    "no content": (204, {}, b""),
    "a number for a list": (200, {}, b'{"experiments": 5, "runs": 5, "experiment": 5, "run": 5}'),
    "lists of texts": (200, {}, b'{"experiments": ["a"], "runs": ["b"], "experiment": "c", "run": "d"}'),
    "empty entries": (200, {}, b'{"experiments": [{}], "runs": [{}], "experiment": {}, "run": {}}'),
    "wrong types": (
        200,
        {},
        b'{"experiments": [{"experiment_id": {}}], "runs": [{"info": 1}], "experiment": {"tags": 1}}',
    ),
    "half of it": (200, {}, b'{"experiments": [{"experiment_id": "1", "na'),
    "cut off": (200, {"Content-Length": "5000"}, b'{"experiments": ['),
    "no letters": (200, {"Content-Type": "application/json; charset=utf-8"}, b'{"a": "\xff\xfe\x80"}'),
    "not packed": (200, {"Content-Encoding": "gzip"}, b"{}"),
    "too deep": (200, {}, b"[" * 100_000),
    "in a circle": (302, {"Location": "/again"}, b""),
    "an error of nobody": (418, {}, b'{"error": "teapot"}'),
    "an error with odd fields": (400, {}, b'{"error_code": [], "message": {"a": 1}}'),
    "an error that is a list": (404, {}, b"[]"),
}
"""What the server answers: status, headers, body; by what it is."""


class Quiet(BaseHTTPRequestHandler):
    """Answers, and logs nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Have a handler answer what comes, as long as the block lasts; give the server's address."""
    with ThreadingHTTPServer((HOST, 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def odd_server(kind: str) -> Iterator[str]:
    """Have a server that answers everything so, as long as the block lasts; give its address."""
    with answering(*ODD_ANSWERS[kind]) as (uri, _):
        yield uri


@contextmanager
def answering(status: int, headers: dict[str, str], body: bytes) -> Iterator[tuple[str, list[str]]]:
    """Have a server that answers everything alike; give its address, and what it was asked for."""
    asked: list[str] = []

    class Handler(Quiet):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def do_PATCH(self) -> None:
            self.do_GET()

    with serving(Handler) as uri:
        yield uri, asked


@contextmanager
def trickling() -> Iterator[str]:
    """Have a server whose answers never end, as long as the block lasts; give its address."""
    done = Event()

    class Handler(Quiet):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            with suppress(OSError):
                while not done.wait(0.1):
                    self.wfile.write(b" ")

        def do_POST(self) -> None:
            self.do_GET()

    with serving(Handler) as uri:
        try:
            yield uri
        finally:
            done.set()
