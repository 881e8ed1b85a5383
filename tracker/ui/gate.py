"""MLflow's server for one person: only who knows the key is let in, and it ends with whoever started it.

uvicorn runs `app` in a process of its own (`tracker.ui.server`). Any account of the machine can reach a port
of it, and MLflow itself lets everybody read and write. A browser shows the key once, in the address that is
opened, and a cookie from then on; programs show it as a token (MLFLOW_TRACKING_TOKEN) or a password.
"""

from __future__ import annotations

import base64
import hmac
import os
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

KEY = "key"
"""What the key is called in an address."""

STORE, ARTIFACTS = "_MLFLOW_SERVER_FILE_STORE", "_MLFLOW_SERVER_ARTIFACT_ROOT"
DESTINATION, SERVED = "_MLFLOW_SERVER_ARTIFACT_DESTINATION", "_MLFLOW_SERVER_SERVE_ARTIFACTS"
"""What MLflow calls the variables by which its command tells its server what to serve."""

_OPEN = "/health"
_TOLD = b"Open the address that tracker ui has printed: it holds the key to these pages.\n"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Gate:
    """Stands before another application, and lets in who knows the key.

    Args:
        inner: The application.
        key: What has to be known, as long as the server runs.
        once: Another key that lets in once: others can see it where a browser is started with it.
    """

    def __init__(self, inner: App, key: str, once: str = "") -> None:
        self._inner = inner
        self._key = key
        self._once = once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it.

        Args:
            scope: What is asked for.
            receive: Gives the request's body.
            send: Takes the answer.
        """
        if scope["type"] == "lifespan" or scope["path"] == _OPEN or self._shows_key(scope):
            await self._inner(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        elif self._has_key(scope):
            # Away from the address, which histories keep. What stands behind # is the browser's, and stays.
            cookie = f"{_cookie_of(scope)}={self._key}; Path=/; HttpOnly; SameSite=Lax"
            await _answer(send, 303, [(b"location", b"/"), (b"set-cookie", cookie.encode())])
        else:
            await _answer(send, 401, [(b"content-type", b"text/plain; charset=utf-8")], _TOLD)

    def _shows_key(self, scope: Scope) -> bool:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        shown = _in_authorization(headers.get(b"authorization", ""))
        return self._is_key(shown) or self._is_key(_in_cookies(headers.get(b"cookie", ""), _cookie_of(scope)))

    def _has_key(self, scope: Scope) -> bool:
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get(KEY, [""])[0]
        if self._once and hmac.compare_digest(given.encode(), self._once.encode()):
            self._once = ""
            return True
        return self._is_key(given)

    def _is_key(self, shown: str) -> bool:
        return hmac.compare_digest(shown.encode(), self._key.encode())


def _cookie_of(scope: Scope) -> str:
    """Return the cookie's name: browsers keep one of a name for all ports of a machine."""
    return f"tracker-ui-{(scope.get('server') or ('', 0))[1]}"


def _in_authorization(header: str) -> str:
    """Return a token, or the password of any name."""
    kind, _, value = header.partition(" ")
    if kind.lower() != "basic":
        return value
    try:
        return base64.b64decode(value).decode().partition(":")[2]
    except ValueError:
        return ""


def _in_cookies(header: str, name: str) -> str:
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> None:
    length = (b"content-length", str(len(body)).encode())
    always = [length, (b"cache-control", b"no-store"), (b"referrer-policy", b"no-referrer")]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *always]})
    await send({"type": "http.response.body", "body": body})


def app() -> Gate:
    """Make the application: MLflow's own behind the gate, with keys from the standard input, a line each.

    The process ends when its standard input does, and so with the one that started it, however that ends.
    """
    key, once = (sys.stdin.readline().strip() for _ in range(2))
    if not key:
        sys.exit("the key has to stand in the first line of the standard input")
    threading.Thread(target=_end_with_input, daemon=True).start()
    store, artifacts = (os.environ[name] for name in (STORE, ARTIFACTS))
    from mlflow.server.fastapi_app import app as inner
    from mlflow.server.handlers import initialize_backend_stores

    initialize_backend_stores(store, store, artifacts)
    return Gate(inner, key, once)


def _end_with_input() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)
