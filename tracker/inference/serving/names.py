"""The names by which a server lets itself be asked.

A page of anywhere can point a name of its own at this machine, and its reader's browser then takes the server
for a part of that page: what the network answers would be the page's. Addresses, and names without a dot, are
no name of such a page.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

_PORT = re.compile(r":\d*$")


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches a name or an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def names_of(host: str, allowed: Sequence[str]) -> frozenset[str] | None:
    """Return the names with a dot that a server is asked by; None: all.

    Args:
        host: What it listens at.
        allowed: Names that it was told. Without any, one that others reach has names that
            it cannot know.
    """
    if not allowed and not is_loopback(host):
        return None
    return frozenset(name.lower().rstrip(".") for name in (host, *allowed))


def is_named(header: str, names: frozenset[str] | None) -> bool:
    """Say whether a request is for this server.

    Args:
        header: Its Host.
        names: As `names_of` gives them.
    """
    name = _PORT.sub("", header).strip("[]").lower().rstrip(".")
    return names is None or name in names or _is_of_no_page(name)


def _is_of_no_page(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name
    return True
