"""What somebody sends who means harm: much out of little, names of others, and nothing that is ever read."""

from __future__ import annotations

import base64
import json
import logging
import re
import socket
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.raw_requests import answered
from tests.support.served import Served, drawn, serving
from tracker.inference.serving.limits import Limits
from tracker.inference.serving.names import is_named, names_of
from tracker.inference.serving.questions import NoImage, images_of
from tracker.inference.serving.refusals import Refused


def request(*lines: str, start: str = "GET /model", body: bytes = b"") -> bytes:
    return "\r\n".join([f"{start} HTTP/1.1", *lines, "", ""]).encode() + body


def comes_true(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("value", [b"[],", b'{"":0},', b"0,"])
def test_json_of_many_values_is_refused_before_it_is_read(value: bytes) -> None:
    body = b'{"images":[' + value * 500_000 + b"0]}"
    tracemalloc.start()
    try:
        with pytest.raises(Refused, match="at most 16,400 values"):
            images_of(body, Limits())
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_base64_in_short_lines_takes_no_more_memory_than_in_long_ones() -> None:
    body = b'{"images":["' + b"AA " * 500_001 + b'"]}'
    tracemalloc.start()
    try:
        assert images_of(body, Limits()) == [NoImage("not in base64")]
        assert tracemalloc.get_traced_memory()[1] < 4 * len(body)
    finally:
        tracemalloc.stop()
    lines = base64.encodebytes(drawn(1)).decode()
    assert images_of(json.dumps({"images": [lines]}).encode(), Limits()) == [drawn(1)]
    assert images_of(json.dumps({"images": ["AAä="]}).encode(), Limits()) == [NoImage("not in base64")]


def test_who_asks_and_does_not_read_is_hung_up_on(model: Path) -> None:
    with serving(model, body_s=0.5, look_s=0.1) as served:
        connections = served.server.server_state.connections
        # Connections inherit it; the system would take megabytes for whoever does not read.
        served.server.servers[0].sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.settimeout(20)
            connection.connect(("127.0.0.1", served.port))
            # The system may keep all of it, or not.
            with suppress(OSError):
                connection.sendall(request("Host: x") * 20_000)
            assert comes_true(lambda: any(one.transport.get_write_buffer_size() for one in [*connections]))
            assert comes_true(lambda: not connections)
        assert answered(served.port, request("Host: x")).startswith(b"HTTP/1.1 200")


def test_a_body_of_two_lengths_is_refused_with_all_that_follows(served: Served) -> None:
    lines = ("Host: x", "Content-Type: application/json", "Content-Length: 4", "Transfer-Encoding: chunked")
    sent = request(*lines, start="POST /predict", body=b"0\r\n\r\n") + request("Host: x")
    received = answered(served.port, sent)
    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"400"]
    assert b"comes with both" in received


def test_what_is_logged_of_a_request_is_one_line_without_commands(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        answered(served.port, request("Host: x", start="GET /%1b[31m%0aINFO%9b" + 3000 * "a"))
        kind = b"Content-Type: \xc2\x9b31m\r\n"
        answered(served.port, b"POST /predict HTTP/1.1\r\nHost: x\r\n" + kind + b"Content-Length: 0\r\n\r\n")
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("tracker")]
    assert len(logged) == 2
    assert all(line.isprintable() for line in logged)
    assert r"/\x1b[31m\nINFO" in logged[0]
    assert len(logged[0]) < 500


def test_a_host_of_another_changes_no_answer(served: Served) -> None:
    for host in ("[", "x/invocations?", "a b"):
        received = answered(served.port, request(f"Host: {host}", start="GET /nothing"))
        assert received.startswith(b"HTTP/1.1 404")
        assert b'{"error":' in received


@pytest.mark.parametrize(
    ("header", "here", "told", "others"),
    [
        ("localhost:8000", True, True, True),
        ("127.0.0.1:8000", True, True, True),
        ("[::1]:8000", True, True, True),
        ("serving:8000", True, True, True),
        ("", True, True, True),
        ("page.example:8000", False, False, True),
        ("127.0.0.1.page.example", False, False, True),
        ("localhost.page.example", False, False, True),
        ("Tracker.Example.org.", False, True, True),
    ],
)
def test_a_page_of_elsewhere_cannot_ask_by_a_name_of_its_own(
    header: str, here: bool, told: bool, others: bool
) -> None:
    assert is_named(header, names_of("127.0.0.1", [])) is here
    assert is_named(header, names_of("0.0.0.0", ["tracker.example.org"])) is told
    assert is_named(header, names_of("0.0.0.0", [])) is others


def test_a_server_of_this_machine_refuses_a_name_of_elsewhere(model: Path) -> None:
    with serving(model, names=names_of("127.0.0.1", [])) as served:
        refused = answered(served.port, request("Host: page.example"))
        assert refused.startswith(b"HTTP/1.1 421")
        assert b"--allow-host" in refused
        assert answered(served.port, request("Host: localhost:1")).startswith(b"HTTP/1.1 200")
