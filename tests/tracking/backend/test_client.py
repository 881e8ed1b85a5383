"""Whether a store or server answers and can be written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.support.odd_servers import Quiet, serving
from tests.support.proxies import proxy_to
from tests.support.servers import free_port
from tracker.tracking.backend.client import Answer, ask
from tracker.tracking.backend.uri import initialize_embedded

Say = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("store") / "mlflow.db"
    initialize_embedded(f"sqlite:///{file}")
    return file


def test_a_store_that_can_be_written_is_left_as_it_was(database: Path) -> None:
    before = database.read_bytes()
    assert ask(f"sqlite:///{database}") == Answer()
    assert database.read_bytes() == before


def test_a_store_that_can_only_be_read_has_a_problem_without_the_statement_that_failed(
    database: Path,
) -> None:
    answer = ask(f"sqlite:///file:{database}?mode=ro&uri=true")
    assert answer.failure == "temporary"
    assert answer.problem.endswith("attempt to write a readonly database")


def test_a_server_that_hangs_is_waited_for_for_seconds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.tracking.backend.client._ASKING_S", 1)
    with proxy_to(free_port()) as proxy:
        proxy.be("hang")
        assert ask(proxy.uri).problem == f"{proxy.uri} is there but does not answer in time"
    assert proxy.failed <= 2, "MLflow's own retries take four minutes"


@contextmanager
def server_whose_version(say: Say) -> Iterator[str]:
    """Have a server that speaks MLflow's language and has no experiments, as long as the block lasts."""

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer(self, 200, "{}")

        def do_GET(self) -> None:
            say(self)

    with serving(Handler) as uri:
        yield uri


def answer(handler: BaseHTTPRequestHandler, status: int, text: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(text)))
    handler.end_headers()
    handler.wfile.write(text.encode())


@pytest.mark.parametrize(
    ("say", "version"),
    [
        (lambda handler: answer(handler, 200, "3.17.2"), "3.17.2"),
        (lambda handler: answer(handler, 200, "<html>sign in</html>"), ""),
        (lambda handler: answer(handler, 404, "3.17.2"), ""),
        (lambda handler: handler.connection.close(), ""),
    ],
    ids=["told", "a page", "not found", "no answer"],
)
def test_a_server_need_not_tell_its_version(say: Say, version: str) -> None:
    with server_whose_version(say) as uri:
        assert ask(uri) == Answer(version=version)
