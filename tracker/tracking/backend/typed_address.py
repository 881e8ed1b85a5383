"""What people type as the address of a store or server: the one form of it, or why it is none."""

from __future__ import annotations

import os
import re
from importlib.metadata import entry_points
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from tracker.addresses import SQLITE, shown, split_account, sqlite_address
from tracker.config.home import expanded
from tracker.errors import TrackingError

_PORTS = {"http": 80, "https": 443}
_DATABASES = ("postgresql", "mysql", "mssql", "databricks")
_FILE_SCHEMES = ("sqlite", "sqlite+pysqlite")
# MLflow's own plugins of this kind: what else it takes for the address of a store.
_PLUGINS = "mlflow.tracking_store"
_WITHOUT_SCHEME = re.compile(r"(//)?[\w.-]+:\d+(/.*)?|(//)?[\w-]+(\.[\w-]+)+(/.*)?")
_MUST = "runs must be tracked in a database file (sqlite:///mlflow.db) or on an MLflow server (http://...)"
_DO = "Give another --tracking-uri, or none: then it is mlflow.db in the current folder."


def checked(typed: str) -> str:
    """Return the one form of an address.

    Args:
        typed: As a user gives it.

    Raises:
        TrackingError: It cannot be that of a store or server.
    """
    address = typed.strip()
    if any(not letter.isprintable() for letter in address):
        raise _none(address, "has letters that no address has")
    scheme, separator, rest = address.partition(":")
    match scheme.lower():
        case _ if not separator or not rest.startswith("/"):
            raise _none(address)
        case "http" | "https":
            return _server(address)
        case kind if kind in _FILE_SCHEMES:
            return _database_file(address, rest)
        case kind if kind.partition("+")[0] in _DATABASES or kind in _plugins():
            return normalized(address)
    raise _none(address)


def normalized(uri: str) -> str:
    """Return the one form of a server's address that all its other forms become.

    Scheme and host are in lower case, without an account, the scheme's own port, a slash at the end, and what
    a browser shows behind `?` and `#`. Two addresses that differ in the path stay different.

    Args:
        uri: An address as it was typed; one that is not of a server (HTTP) loses its password alone.
    """
    bare, _ = split_account(uri)
    try:
        parts = urlsplit(bare)
    except ValueError:
        return bare
    if parts.scheme not in _PORTS:
        return bare
    place = parts.netloc.lower().removesuffix(f":{_PORTS[parts.scheme]}")
    return parts._replace(netloc=place, path=parts.path.rstrip("/"), query="", fragment="").geturl()


def canonical_file(path: Path) -> str:
    """Return the one address of a database file, however its folder was reached.

    Args:
        path: From the current folder on. A link in the place of the file itself is kept: what belongs to a
            store lies beside it.
    """
    return sqlite_address(Path(os.path.realpath(path.parent)) / path.name)


def _server(address: str) -> str:
    bare, _ = split_account(address)
    try:
        parts = urlsplit(bare)
        named = bool(parts.hostname) and not re.search(r"\s", parts.netloc) and _is_port(parts)
    except ValueError:
        named = False
    if not named:
        raise TrackingError(
            "the address of an MLflow server must be http:// or https://, its host and its port",
            but=f"it is {shown(address)!r}",
            do="Such as --tracking-uri http://mlserver:5000.",
        )
    return normalized(address)


def _is_port(parts: SplitResult) -> bool:
    # To ask for the port of an address where it is none raises a ValueError.
    return parts.port is None or parts.port > 0


def _database_file(address: str, rest: str) -> str:
    path, mark, query = rest.removeprefix("///").partition("?")
    if mark:
        raise _none(address, f"has ?{query} behind the file's name (a ? in a name is written %3F)")
    if not rest.startswith("///") or not path or path.startswith((":memory:", "file:")):
        raise _none(address)
    file = expanded(unquote(path))
    if path.endswith("/") or file.is_dir():
        raise _none(address, "names a folder (the name of a file in it has to follow)")
    return canonical_file(file)


def _plugins() -> set[str]:
    return {found.name for found in entry_points(group=_PLUGINS)}


def _none(address: str, why: str = "") -> TrackingError:
    seen = address if address.lower().startswith(SQLITE) else shown(address)
    but = f"the tracking URI {seen!r} {why}" if why else f"the tracking URI is {seen!r}"
    missing = not why and _WITHOUT_SCHEME.fullmatch(shown(address))
    do = f"If it is a server, type http://{shown(address).removeprefix('//')}. {_DO}" if missing else _DO
    return TrackingError(_MUST, but=but, do=do)
