"""Addresses of servers and databases: whose account nobody else is to see, and which file one names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode

SQLITE = "sqlite:///"
"""What the address of a database file begins with; its path follows."""

_FILE = "sqlite:"
_SERVERS = ("http", "https")
_POSTGRES = "postgres"
_IPV6 = re.compile(r"^\[[^\]]*\]")
_NO_PORT = re.compile(r":(?!\d*$)")
_LIKE_A_PORT = re.compile(r"([^/?#:@\[]+):(\d+)(?:/[^?#]*|[?#][^=]*)@(?=[\w\[])")
_USUAL_PORTS = {80, 443, *range(1000, 65536)}
# A path that was made of an address has lost one of its slashes; models:/NAME@ALIAS is none of either.
_ANYWHERE = re.compile(r"(//|(?<!\bmodels:)(?<=[A-Za-z]{2}:)/)\S*@")
_SECRETS = ("password", "passwd", "pwd")
_IN_QUERY = re.compile(rf"\b({'|'.join(_SECRETS)})=[^&\s'\"]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Account:
    """A name and its password; either can be empty."""

    user: str = ""
    password: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.user or self.password)


def sqlite_address(file: Path) -> str:
    """Return the address of a database file, as SQLAlchemy reads it.

    Args:
        file: Its path. What would end a path in an address, or stand for another letter there, is escaped.
    """
    return SQLITE + str(file).replace("%", "%25").replace("?", "%3F")


def sqlite_file(address: str) -> Path | None:
    """Return the database file that an address names; None for a server's address.

    Args:
        address: As `sqlite_address` writes it.
    """
    return Path(unquote(address.removeprefix(SQLITE))) if address.startswith(SQLITE) else None


def split_account(address: str) -> tuple[str, Account]:
    """Return an address that can be typed and kept, and the account that stood in it.

    The address of a server (HTTP) is then without any account. That of a database keeps the name: it is a
    part of where something is, and drivers find its password elsewhere.

    Args:
        address: An address as it was typed.
    """
    scheme, separator, rest = address.partition("://")
    if not separator or address.startswith(_FILE):
        return address, Account()
    held, place = split_held(rest)
    user, _, password = held.partition(":")
    account = Account(unquote(user), unquote(password))
    if scheme.lower() in _SERVERS:
        return f"{scheme}://{_unmistakable(place)}", account
    place, in_query = _without_secrets(place)
    name = f"{user}@" if held else ""
    return f"{scheme}://{name}{place}", Account(account.user, account.password or in_query)


def shown(address: str) -> str:
    """Return an address as anyone may see it, however it was meant: no account, and nothing behind `?`.

    Args:
        address: An address as it was typed; also one that is none.
    """
    if address.startswith(_FILE):
        return address
    scheme, separator, rest = split_account(address)[0].partition("://")
    if not separator:
        return address.rpartition("@")[2]
    return scheme + separator + re.split("[?#]", split_held(rest)[1])[0]


def typed_again(address: str) -> str:
    """Return an address as a command may name it: without a password.

    Args:
        address: An address as it was typed.
    """
    return split_account(address)[0]


def without_accounts(text: str) -> str:
    """Return what somebody said, without the accounts of the addresses in it.

    Args:
        text: Any text.
    """
    return _IN_QUERY.sub(r"\1=***", _ANYWHERE.sub(r"\1", text))


def what_to_set(*addresses: str | None) -> str:
    """Say which variables take the accounts that `typed_again` leaves out; empty where it leaves out nothing.

    Args:
        addresses: Addresses as they were typed; None: none.
    """
    cut = [address for address in addresses if address is not None and typed_again(address) != address]
    servers = [address for address in cut if address.lower().startswith(_SERVERS)]
    names = ["MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"] if servers else []
    names += ["PGPASSWORD"] if any(address.lower().startswith(_POSTGRES) for address in cut) else []
    if not cut:
        return ""
    return "the account is left out of commands" + (f": set {', '.join(names)}" if names else "")


def split_held(rest: str) -> tuple[str, str]:
    """Return the account of an address as it is written there, and what follows it.

    Args:
        rest: An address without its scheme. An @ in its path or query belongs to no account.
    """
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        held, _, host = authority.rpartition("@")
        return held, host + rest.removeprefix(authority)
    # A password is to be written without these letters, and is none the less one.
    if _NO_PORT.search(_IPV6.sub("", authority)):
        held, _, place = rest.rpartition("@")
        return held, place
    return _split_digits(rest)


def _split_digits(rest: str) -> tuple[str, str]:
    """Split off an account whose password begins as a port would: what may be one is not to be seen."""
    found = _LIKE_A_PORT.match(rest)
    if found is None or _is_server(found[1], int(found[2]), found[0]):
        return "", rest
    return found[0].removesuffix("@"), rest.removeprefix(found[0])


def _is_server(name: str, port: int, before: str) -> bool:
    """Say whether this is plainly a server's name and port, and an @ behind them a part of a path."""
    in_path = "." in name or name == "localhost" or before.endswith("/@")
    return in_path and port in _USUAL_PORTS


def _unmistakable(place: str) -> str:
    """Return a server's place so that nothing in it is taken for an account when it is read again."""
    return place.replace("@", "%40") if split_held(place)[0] else place


def _without_secrets(place: str) -> tuple[str, str]:
    """Return what follows an account without a password in its query, and that password."""
    path, mark, query = place.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    secrets = [value for name, value in pairs if name.lower() in _SECRETS]
    if not secrets:
        return place, ""
    kept = urlencode([pair for pair in pairs if pair[0].lower() not in _SECRETS])
    return path + (f"{mark}{kept}" if kept else ""), secrets[0]
