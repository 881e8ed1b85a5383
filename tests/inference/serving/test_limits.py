"""What a server refuses: too much, too slow, too many at once; and that it answers meanwhile and after."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.support.served import Served, drawn, serving
from tracker.inference.serving.server import pixels_limited

JSON = {"Content-Type": "application/json"}


def head(*lines: str, path: str = "/predict") -> bytes:
    """Return the first lines of a request."""
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: x", *lines, "", ""]).encode()


def answer_of(connection: socket.socket) -> tuple[int, dict[str, str]]:
    """Read until the other side hangs up."""
    received = b""
    while data := connection.recv(65536):
        received += data
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def still_answers(served: Served) -> bool:
    body = {"images": [base64.b64encode(drawn(1)).decode()]}
    answer = requests.post(f"{served.address}/predict", json=body, timeout=30).json()
    return "probabilities" in answer["predictions"][0]


@pytest.fixture(scope="module")
def impatient(model: Path) -> Iterator[Served]:
    with serving(model, head_s=0.5, body_s=1, linger_s=0.5, connections=6, look_s=0.1) as served:
        yield served


def test_a_large_body_is_refused_before_it_is_sent(impatient: Served) -> None:
    with impatient.connect() as connection:
        connection.sendall(head("Content-Type: image/png", "Content-Length: 9000000000"))
        status, told = answer_of(connection)
    assert (status, "at most 64 MiB" in told["error"]) == (413, True)
    assert still_answers(impatient)


def test_a_body_without_a_length_is_refused_while_it_comes(served: Served) -> None:
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(30):
            sent += 100_000
            yield bytes(100_000)

    answer = requests.post(f"{served.address}/predict", data=chunks(), headers=JSON, timeout=30)
    assert answer.status_code == 413
    assert still_answers(served)


def test_too_many_images_are_refused(served: Served) -> None:
    for body in ({"images": [""] * 9}, {"inputs": [""] * 9}):
        path = "predict" if "images" in body else "invocations"
        answer = requests.post(f"{served.address}/{path}", json=body, timeout=30)
        assert answer.status_code == 413
        assert "at most 8 images, but this one has 9" in answer.text


def test_an_image_of_too_many_pixels_is_refused_by_its_header(served: Served) -> None:
    with pixels_limited(1_000_000):
        headers = {"Content-Type": "image/png"}
        answer = requests.post(f"{served.address}/predict", data=drawn(1, 1200), headers=headers, timeout=30)
    assert answer.status_code == 422
    assert "1200 x 1200, more than 1 million pixels" in answer.json()["error"]


def test_who_sends_nothing_or_slowly_is_hung_up_on(impatient: Served) -> None:
    whole = head("Content-Type: image/png", "Content-Length: 100")
    for start in (b"", whole[:40], whole + b"1234"):
        with impatient.connect() as connection:
            connection.sendall(start)
            status, told = answer_of(connection)
            assert (status, list(told)) == (408, ["error"])
    # A second request of the same connection, of which only the beginning comes.
    with impatient.connect() as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" + whole[:20])
        received = b""
        while data := connection.recv(65536):
            received += data
    assert received.startswith(b"HTTP/1.1 200")
    assert still_answers(impatient)


def test_who_goes_on_sending_what_was_refused_is_hung_up_on(impatient: Served) -> None:
    def send_on(connection: socket.socket) -> None:
        for _ in range(3000):
            connection.sendall(b"5\r\nhello\r\n")
            time.sleep(0.01)

    with impatient.connect() as connection:
        connection.sendall(head("Content-Type: text/plain", "Transfer-Encoding: chunked"))
        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
            send_on(connection)
    assert still_answers(impatient)


def test_too_many_connections_are_told_to_come_again(impatient: Served) -> None:
    open_ones = [impatient.connect() for _ in range(6)]
    try:
        with impatient.connect() as one_more:
            status, told = answer_of(one_more)
        assert (status, "too many connections" in told["error"]) == (503, True)
    finally:
        for connection in open_ones:
            connection.close()
    deadline = time.monotonic() + 30
    while impatient.server.server_state.connections and time.monotonic() < deadline:
        time.sleep(0.05)
    assert still_answers(impatient)


def test_a_full_queue_is_told_with_when_to_ask_again_and_health_answers_meanwhile(model: Path) -> None:
    with serving(model, waiting_images=4) as served:
        computing, go_on = threading.Event(), threading.Event()
        before = served.network.logits

        def waiting(pixels: object) -> object:
            computing.set()
            assert go_on.wait(30)
            return before(pixels)  # type: ignore[arg-type]

        object.__setattr__(served.network, "logits", waiting)
        body = {"images": [base64.b64encode(drawn(1)).decode()] * 4}
        with ThreadPoolExecutor(1) as client:
            first = client.submit(requests.post, f"{served.address}/predict", json=body, timeout=60)
            assert computing.wait(30)
            try:
                refused = requests.post(f"{served.address}/predict", json=body, timeout=20)
                assert requests.get(f"{served.address}/health", timeout=20).status_code == 200
            finally:
                go_on.set()
            assert first.result().status_code == 200
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert "ask again" in refused.json()["error"]
        assert still_answers(served)


def test_bodies_of_all_requests_together_are_bounded(model: Path) -> None:
    with serving(model, max_bytes=100_000, body_s=20) as served:
        halves = [served.connect() for _ in range(4)]
        for connection in halves:
            connection.sendall(head("Content-Type: image/png", "Content-Length: 99999") + bytes(99_990))
        deadline = time.monotonic() + 20
        status = 0
        while status != 503 and time.monotonic() < deadline:
            answer = requests.post(
                f"{served.address}/predict",
                data=bytes(5000),
                headers={"Content-Type": "image/png"},
                timeout=30,
            )
            status = answer.status_code
        for connection in halves:
            connection.close()
        assert status == 503


def test_what_is_being_answered_when_the_end_is_asked_for_is_answered(model: Path) -> None:
    with serving(model) as served:
        computing, before = threading.Event(), served.network.logits

        def slow(pixels: object) -> object:
            computing.set()
            while not served.server.should_exit:
                time.sleep(0.01)
            time.sleep(0.3)
            return before(pixels)  # type: ignore[arg-type]

        object.__setattr__(served.network, "logits", slow)
        body = {"images": [base64.b64encode(drawn(1)).decode()]}
        with ThreadPoolExecutor(1) as client:
            asked = client.submit(requests.post, f"{served.address}/predict", json=body, timeout=60)
            assert computing.wait(30)
            served.server.should_exit = True
            assert "probabilities" in asked.result().json()["predictions"][0]
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{served.address}/health", timeout=30)
