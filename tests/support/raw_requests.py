"""Bytes sent to a server as they are, and whether what it answers is an answer."""

from __future__ import annotations

import json
import socket


def answered(port: int, sent: bytes) -> bytes:
    """Send bytes to a server, say that no more come, and return all that it answers."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(65536):
                received += data
        except (ConnectionResetError, BrokenPipeError):
            # It has hung up before it was told everything.
            pass
    return received


def problem_with(received: bytes) -> str:
    """Return what is wrong with the answers of one connection; empty where nothing is.

    An answer is JSON, or MLflow's version, and blames no server; none at all is right for what has no end.
    """
    for answer in received.split(b"HTTP/1.1 ")[1:]:
        status = int(answer[:3])
        if status >= 500 and status != 503:
            return f"status {status}"
        body = answer.partition(b"\r\n\r\n")[2]
        if b"content-type: application/json" in answer.lower() and body:
            json.loads(body)
        elif body:
            return f"no JSON: {answer[:200]!r}"
        if b"Traceback" in answer:
            return "a traceback"
    return "" if received.startswith(b"HTTP/1.1 ") or not received else f"no HTTP: {received[:100]!r}"
