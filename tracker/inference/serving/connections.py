"""Connections of HTTP that come to an end: whoever sends slowly, or nothing, or no HTTP.

uvicorn waits for ever for the first lines of a request, and for the rest of one that was refused.
"""

from __future__ import annotations

import asyncio
import json

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from tracker.inference.serving.limits import Limits


def _answer(status: str, why: str, *headers: str) -> bytes:
    body = json.dumps({"error": why}).encode()
    kind = ("Content-Type: application/json", f"Content-Length: {len(body)}", "Connection: close")
    return "\r\n".join([f"HTTP/1.1 {status}", *kind, *headers, "", ""]).encode() + body


_NO_HTTP = _answer("400 Bad Request", "a request must be HTTP/1.1, but this is not")
_TOO_SLOW = _answer("408 Request Timeout", "the first lines of a request must come sooner")
_TOO_MANY = _answer(
    "503 Service Unavailable", "too many connections must not be open at once", "Retry-After: 1"
)


def guarded(limits: Limits) -> type[H11Protocol]:
    """Return the protocol of connections that keep limits.

    Args:
        limits: How many there may be, and how long they may be silent.
    """

    class Guarded(GuardedConnection):
        held_to = limits

    return Guarded


class GuardedConnection(H11Protocol):
    """One connection, that is looked at again and again."""

    held_to = Limits()

    _no_more = False
    _look: asyncio.TimerHandle | None = None
    _state: object = None
    _since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.held_to.connections:
            transport.write(_TOO_MANY)
            transport.close()
            return
        self._look = self.loop.call_later(self.held_to.look_s, self._look_at_it)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what was sent, unless the answer to it was the last one."""
        if not self.transport.is_closing():
            super().data_received(data)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Answer still what was asked, where who asked says that no more comes; uvicorn hangs up."""
        self._no_more = self.cycle is not None and not (self.cycle.more_body or self.cycle.response_complete)
        return self._no_more

    def on_response_complete(self) -> None:
        """Go on with the next request, if there can be one."""
        super().on_response_complete()
        if self._no_more:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Say in JSON that it is no HTTP; whatever is being answered is not sent."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(_NO_HTTP)
        else:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _look_at_it(self) -> None:
        unread = self.transport.get_write_buffer_size()
        state = (self.conn.their_state, self.conn.our_state, id(self.cycle), unread)
        if state != self._state:
            self._state, self._since = state, self.loop.time()
        if self.loop.time() - self._since < (self.held_to.body_s if unread else self._patience_s()):
            self._look = self.loop.call_later(self.held_to.look_s, self._look_at_it)
            return
        if unread:
            # Who asks and does not read would be waited for, for ever, also by what closes a connection.
            self.transport.abort()
            return
        if self.conn.their_state is h11.IDLE and self.conn.our_state is h11.IDLE:
            self.transport.write(_TOO_SLOW)
        self.transport.close()

    def _patience_s(self) -> float:
        """Return how long the connection may stay as it is."""
        if self.conn.our_state is h11.IDLE:
            return self.held_to.head_s
        if self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY:
            return self.held_to.linger_s
        if self.conn.our_state is h11.SEND_BODY:
            # It does not take what it asked for.
            return self.held_to.body_s
        # It is read by the application, which has a limit of its own, or computed.
        return float("inf")
