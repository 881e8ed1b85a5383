"""The keys to one server: made anew for each, and never in an argument, which all accounts can read."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from tracker.ui.gate import KEY


@dataclass(frozen=True, slots=True)
class Keys:
    """What lets somebody in.

    Attributes:
        lasting: As long as the server runs: for the terminal, and for programs as a token.
        once: Once: for a browser, whose arguments others can read.
    """

    lasting: str = field(default_factory=secrets.token_urlsafe, repr=False)
    once: str = field(default_factory=secrets.token_urlsafe, repr=False)

    def lines(self) -> bytes:
        """Return what the server reads from its standard input."""
        return f"{self.lasting}\n{self.once}\n".encode()


def with_key(address: str, key: str) -> str:
    """Return an address of a server with a key in it, before what a browser keeps for itself.

    Args:
        address: Such as `http://127.0.0.1:5000/#/experiments/1`.
        key: Of that server; empty: it needs none.
    """
    server, mark, page = address.partition("/#")
    return f"{server.rstrip('/')}/?{KEY}={key}{mark and '#'}{page}" if key else address
