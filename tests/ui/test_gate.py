"""Who knows the key is let in, and nobody else."""

from __future__ import annotations

import asyncio
import base64
import io
import re
from typing import Any

import pytest

from tracker.ui import gate
from tracker.ui.gate import Gate
from tracker.ui.keys import Keys, with_key

INSIDE = 200


def ask(
    app: Gate, path: str = "/", query: str = "", kind: str = "http", port: int = 5000, **headers: str
) -> tuple[int, dict[str, str]]:
    """Return the status and headers of what is answered."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": kind,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("127.0.0.1", port),
    }
    asyncio.run(app(scope, None, send))  # type: ignore[arg-type]
    if kind == "websocket":
        return sent[0].get("status", sent[0].get("type")), {}
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0].get("headers", [])}


async def inside(scope: Any, receive: Any, send: Any) -> None:
    await send({"status": INSIDE})


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def app(keys: Keys) -> Gate:
    return Gate(inside, keys.lasting, keys.once)


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


def test_without_a_key_only_whether_it_runs_is_told(app: Gate) -> None:
    assert ask(app, "/health")[0] == INSIDE
    for path in ("/", "/version", "/health/", "/api/2.0/mlflow/experiments/search", "/static-files/main.js"):
        assert ask(app, path)[0] == 401
    assert ask(app, "/", "key=")[0] == 401
    assert ask(app, "/", "key=another")[0] == 401
    assert ask(app, authorization="Bearer ")[0] == 401
    assert ask(app, authorization="Basic ???")[0] == 401
    assert ask(app, authorization=basic("tracker:"))[0] == 401
    assert ask(app, authorization=basic("a name with umlauts ä:ä"))[0] == 401
    assert ask(app, cookie='tracker-ui-5000=""; ;;=')[0] == 401


def test_no_other_way_leads_past_the_gate(app: Gate, keys: Keys) -> None:
    assert ask(app, "/any", kind="websocket")[0] == "websocket.close"
    assert ask(app, "/any", kind="websocket", authorization=f"Bearer {keys.lasting}")[0] == INSIDE
    assert ask(app, kind="lifespan")[0] == INSIDE


def test_a_browser_is_given_a_cookie_for_the_key_and_the_key_leaves_the_address(
    app: Gate, keys: Keys
) -> None:
    status, headers = ask(app, "/", f"key={keys.lasting}")
    assert (status, headers["location"], headers["referrer-policy"]) == (303, "/", "no-referrer")
    assert "HttpOnly" in headers["set-cookie"]
    cookie = headers["set-cookie"].partition(";")[0]
    assert ask(app, "/api/2.0/mlflow/runs/search", cookie=f"other=1; {cookie}")[0] == INSIDE
    # A browser shows it to all ports of this machine: another server's key is another cookie.
    assert ask(app, port=5001, cookie=cookie)[0] == 401


def test_a_key_for_one_time_opens_once(app: Gate, keys: Keys) -> None:
    assert ask(app, "/", f"key={keys.once}")[0] == 303
    assert ask(app, "/", f"key={keys.once}")[0] == 401
    assert ask(app, "/", f"key={keys.lasting}")[0] == 303
    assert ask(app, authorization=f"Bearer {keys.once}")[0] == 401
    assert ask(app, "/", "key=")[0] == 401


def test_programs_show_the_key_as_a_token_or_a_password(app: Gate, keys: Keys) -> None:
    assert ask(app, authorization=f"Bearer {keys.lasting}")[0] == INSIDE
    assert ask(app, authorization=basic(f"tracker:{keys.lasting}"))[0] == INSIDE


def test_every_server_has_keys_of_its_own_that_are_not_shown_by_chance(keys: Keys) -> None:
    assert len({keys.lasting, keys.once, Keys().lasting, Keys().once}) == 4
    assert keys.lasting not in repr(keys)
    assert re.fullmatch(r"[\w-]{40,}", keys.lasting)


def test_an_address_holds_the_key_before_what_is_the_browser_s_own() -> None:
    assert with_key("http://a:1/#/experiments/1?x=y", "k") == "http://a:1/?key=k#/experiments/1?x=y"
    assert with_key("http://a:1", "k") == "http://a:1/?key=k"
    assert with_key("http://a:1", "") == "http://a:1"


def test_a_server_without_a_key_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(SystemExit, match="first line"):
        gate.app()
