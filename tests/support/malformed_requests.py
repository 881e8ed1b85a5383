"""Requests that no client means: good ones damaged at random, each by its number, and those made by hand."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.random import Generator

from tests.support.damaged_images import damaged
from tests.support.served import drawn

_SEED = 662
_HOST = "Host: x"


def request(body: bytes, *lines: str, start: str = "POST /predict HTTP/1.1", length: bool = True) -> bytes:
    """Return a request as it goes over the wire.

    Args:
        body: What follows the lines.
        lines: Further lines of its head.
        start: Its first line.
        length: Whether the head says how long the body is.
    """
    said = [f"Content-Length: {len(body)}"] if length else []
    return "\r\n".join([start, _HOST, *said, *lines, "", ""]).encode("latin-1") + body


def _json(value: object, path: str = "/predict") -> bytes:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return request(body, "Content-Type: application/json", start=f"POST {path} HTTP/1.1")


@cache
def good_requests() -> tuple[bytes, ...]:
    """Make one of each form that is answered."""
    content = drawn(1)
    text = base64.b64encode(content).decode()
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content)
    png = "Content-Type: image/png"
    return (
        _json({"images": [text, text]}),
        request(content, png),
        request(chunked, png, "Transfer-Encoding: chunked", length=False),
        _json({"dataframe_records": [{"image": text}]}, "/invocations"),
        _json({"dataframe_split": {"columns": ["image"], "data": [[text]]}}, "/invocations"),
        _json({"inputs": {"image": [text]}}, "/invocations"),
        _json({"instances": [text]}, "/invocations"),
        request(b"", start="GET /health HTTP/1.1", length=False),
        request(b"", start="GET /model HTTP/1.1", length=False),
    )


@cache
def made_by_hand() -> tuple[bytes, ...]:
    """Make those that somebody has thought of."""
    text = base64.b64encode(drawn(1)).decode()
    png = "Content-Type: image/png"
    bodies: list[Any] = [
        b"",
        b"{",
        b"nul",
        b"NaN",
        b"[]",
        b"3",
        b'"x"',
        b"null",
        b"\xff\xfe\x00{",
        b"\xef\xbb\xbf{}",
        b"{}" * 2,
        b"[" * 100_000,
        b'{"images":' * 50_000,
        b'{"images": [NaN]}',
        b'{"images": [Infinity, -Infinity]}',
        b'{"images": [' + b"9" * 10_000 + b"]}",
        b'{"images": [1e999999]}',
        b'{"images": "\\ud800"}',
        b'{"images": ["\\u0000"]}',
        b'{"images": [], "images": 3}',
        b"\x00" * 1000,
        b"{}\x00",
        {"images": text},
        {"images": {"0": text}},
        {"images": None},
        {"images": [[text]]},
        {"images": [{}, True]},
        {"images": [text] * 65},
        {"images": [""] * 5000},
        {"images": [text], "more": 1},
        {"Images": [text]},
        {"images": ["data:,"]},
        {"images": ["é" * 100, "=" * 99, "A" * 4097, "\n"]},
        {"": []},
        {"images": [text[:-9]]},
        {"dataframe_records": [[]]},
        {"dataframe_split": {"columns": ["image"], "data": [[]]}},
        {"inputs": {}},
        {"dataframe_split": {"columns": [[], {}], "data": [[text]]}},
        {"instances": [{}]},
        {"inputs": [[[text]]]},
        {"inputs": {"a": 1, "b": 2}},
        {"dataframe_records": 3, "inputs": 3},
        {"dataframe_split": {"data": 3}},
    ]
    heads = [
        "GET /predict HTTP/1.1",
        "DELETE / HTTP/1.1",
        "POST /health HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "GET /../../etc/passwd HTTP/1.1",
        "GET /%00%ff%2e HTTP/1.1",
        "GET //predict HTTP/1.1",
        "PRI * HTTP/2.0",
        "GET http://elsewhere/ HTTP/1.1",
        "CONNECT x:443 HTTP/1.1",
        "POST /predict HTTP/0.9",
        "GET / HTTP/9.9",
        "POST /predict",
        "",
        " ",
        "\x00",
        "GET  /  HTTP/1.1",
        f"GET /{'a' * 100_000} HTTP/1.1",
        "TRACE / HTTP/1.1",
    ]
    lines = [
        ["Content-Length: -1"],
        ["Content-Length: x"],
        ["Content-Length: 99999999999999999999"],
        ["Content-Length: 1", "Content-Length: 2"],
        ["Content-Length: 3", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: gzip"],
        ["Content-Encoding: gzip", png],
        ["Expect: 100-continue", png],
        ["Content-Type: multipart/form-data; boundary=x"],
        ["Content-Type: "],
        ["Content-Type: ;;;="],
        ["Content-Type: application/json; charset=utf-16"],
        ["Content-Type: \xff\xfe"],
        ["X: " + "y" * 70_000],
        [f"X{n}: y" for n in range(5000)],
        ["Upgrade: websocket", "Connection: Upgrade"],
        ["no colon"],
        [": x"],
        ["Content-Type: image/png", "Content-Type: application/json"],
        [" folded"],
        ["Connection: close, x"],
        ["Range: bytes=0-1,5-"],
        ["Host: y"],
        ["X: \x00"],
        ["Content-Length: +5"],
        ["Content-Length: 0x5"],
    ]
    chunks = [
        b"zz\r\nhello",
        b"ffffffffffffffffff\r\nx",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhel",
        b"5;x=" + b"y" * 70_000,
    ]
    return (
        *(_json(body, path) for body in bodies for path in ("/predict", "/invocations")),
        *(request(b"hello", png, start=head) for head in heads),
        *(request(b"hello", *some, length=False) for some in lines),
        *(request(chunk, png, "Transfer-Encoding: chunked", length=False) for chunk in chunks),
        request(drawn(1), png) * 20,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x80\x00" * 40_000,
        b"",
    )


def malformed(number: int) -> bytes:
    """Return the request of a number: first those made by hand, then damaged ones."""
    by_hand = made_by_hand()
    if number < len(by_hand):
        return by_hand[number]
    rng = np.random.default_rng([_SEED, number])
    return _DAMAGES[rng.integers(len(_DAMAGES))](rng)


def _any_good(rng: Generator) -> bytes:
    return good_requests()[rng.integers(len(good_requests()))]


def _flipped(rng: Generator) -> bytes:
    content = bytearray(_any_good(rng))
    for place in rng.integers(0, len(content), rng.integers(1, 9)):
        content[place] ^= 1 << int(rng.integers(8))
    return bytes(content)


def _head_flipped(rng: Generator) -> bytes:
    head, gap, body = _any_good(rng).partition(b"\r\n\r\n")
    content = bytearray(head)
    for place in rng.integers(0, len(content), rng.integers(1, 4)):
        content[place] = int(rng.integers(256))
    return bytes(content) + gap + body


def _cut(rng: Generator) -> bytes:
    content = _any_good(rng)
    return content[: rng.integers(0, len(content))]


def _spliced(rng: Generator) -> bytes:
    first, second = _any_good(rng), _any_good(rng)
    return first[: rng.integers(0, len(first))] + second[rng.integers(0, len(second)) :]


def _damaged_file(rng: Generator) -> bytes:
    content = damaged(int(rng.integers(100_000)))
    if rng.integers(2):
        return request(content, "Content-Type: application/octet-stream")
    return _json({"images": [base64.b64encode(content).decode()]})


def _odd_values(rng: Generator) -> bytes:
    """Put something else at any place of what JSON holds; its length is right."""
    head, _, body = good_requests()[(0, 3, 4, 5, 6)[rng.integers(5)]].partition(b"\r\n\r\n")
    path = head.split()[1].decode()
    return _json(_with_an_odd_value(json.loads(body), rng), path)


_ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e308,
    10**400,
    "",
    "x",
    "\ud800",
    "\x00",
    [],
    {},
    [[]],
    {"image": 1},
    "A" * 10_000,
    [None] * 70,
)


def _with_an_odd_value(value: Any, rng: Generator) -> Any:
    if not value or not isinstance(value, dict | list) or rng.integers(4) == 0:
        return _ODD[rng.integers(len(_ODD))]
    if isinstance(value, list):
        place = int(rng.integers(len(value)))
        return [_with_an_odd_value(one, rng) if n == place else one for n, one in enumerate(value)]
    name = list(value)[rng.integers(len(value))]
    changed = value | {name: _with_an_odd_value(value[name], rng)}
    return changed if rng.integers(4) else {f"{name}x": changed[name]}


_DAMAGES: list[Callable[[Generator], bytes]] = [
    _flipped,
    _head_flipped,
    _cut,
    _spliced,
    _damaged_file,
    _odd_values,
    _odd_values,
]
