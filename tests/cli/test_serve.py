"""`tracker serve` as a person types it: what it prints works, and what cannot be is said in one line."""

from __future__ import annotations

import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import call_main
from tests.support.served import drawn, tiny_model
from tests.support.servers import free_port


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("serve") / "model")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.slow
def test_the_line_that_it_prints_asks_it_and_sigterm_ends_it(model: Path, tmp_path: Path) -> None:
    (tmp_path / "xray.png").write_bytes(drawn(1))
    command = [sys.executable, "-m", "tracker", "serve", "--model", str(model), "--port", str(free_port())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as server:
        assert server.stdout is not None
        said = [server.stdout.readline() for _ in range(4)]
        lines = [line for line in said if "curl" in line]
        told = [
            subprocess.run(shlex.split(line), capture_output=True, text=True, check=True, cwd=tmp_path).stdout
            for line in lines
        ]
        server.send_signal(signal.SIGTERM)
    assert server.returncode == 0
    assert '"decision"' in told[0]
    assert '"classes":["normal","tuberculosis"]' in told[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--port", "PORT"), "port PORT of 127.0.0.1 must be free"),
        (("--host", "nowhere.invalid"), "port 8000 of nowhere.invalid must be free"),
        (("--host", "192.0.2.1"), "cannot assign requested address"),
    ],
)
def test_an_address_that_cannot_be_had_is_told_in_one_line(
    model: Path, taken: int, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    given = [argument.replace("PORT", str(taken)) for argument in arguments]
    assert call_main("serve", "--model", str(model), *given) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said.replace("PORT", str(taken)) in line


def test_what_is_no_model_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert call_main("serve", "--model", str(tmp_path / "empty"), "--port", str(free_port())) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "must hold a trained network" in line
