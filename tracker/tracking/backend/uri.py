"""Where MLflow is: the embedded database file, or a server."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from tracker.addresses import shown, split_account
from tracker.config.home import expanded
from tracker.errors import TrackingError
from tracker.io.locks import exclusive
from tracker.tracking.backend.account import keep_account

_SQLITE = "sqlite:///"
_PORTS = {"http": ":80", "https": ":443"}


def resolve_uri(option: str | None = None) -> str:
    """Return the address of the MLflow store or server; an account in it is kept for this process alone.

    Args:
        option: What a user asked for; None: MLFLOW_TRACKING_URI, or else `mlflow.db` in the current folder.

    Raises:
        TrackingError: It is a folder, which MLflow no longer takes as a store, a database in memory, or none.
    """
    uri = option or os.environ.get("MLFLOW_TRACKING_URI") or f"{_SQLITE}mlflow.db"
    if uri.startswith(_SQLITE) and ":memory:" not in uri:
        # MLflow reads a relative path from the folder of whichever process opens it.
        return f"{_SQLITE}{expanded(uri.removeprefix(_SQLITE)).absolute()}"
    scheme, separator, _ = uri.partition(":/")
    if not separator or scheme in ("file", "sqlite"):
        raise TrackingError(
            "runs must be tracked in a database file (sqlite:///mlflow.db) or on an MLflow server (http://...)",
            but=f"the tracking URI is {shown(uri)!r}",
            do="Give another --tracking-uri, or none: then it is mlflow.db in the current folder.",
        )
    address = normalized(uri)
    keep_account(address, split_account(uri)[1])
    return address


def normalized(uri: str) -> str:
    """Return the one form of a server's address that all its other forms become.

    Scheme and host are in lower case, without an account, the scheme's own port and a slash at the end. Two
    addresses that differ in the path stay different.

    Args:
        uri: An address as it was typed; one that is not of a server (HTTP) loses its password alone.
    """
    bare, _ = split_account(uri)
    parts = urlsplit(bare)
    if parts.scheme not in _PORTS:
        return bare
    place = parts.netloc.lower().removesuffix(_PORTS[parts.scheme])
    return parts._replace(netloc=place, path=parts.path.rstrip("/")).geturl()


def database_file(uri: str) -> Path | None:
    """Return the file of an embedded store; None for a server.

    Args:
        uri: As `resolve_uri` gives it.
    """
    return Path(uri.removeprefix(_SQLITE)) if uri.startswith(_SQLITE) else None


def artifact_folder(database: Path) -> Path:
    """Return the folder that holds the artifacts of an embedded store: beside its database.

    Not `mlruns`: MLflow takes a folder of that name for a store of the old kind.

    Args:
        database: The database file.
    """
    return database.parent / "mlartifacts"


def describe(uri: str) -> str:
    """Name a store or server for a user, without an account.

    Args:
        uri: As `resolve_uri` gives it.
    """
    database = database_file(uri)
    return short_path(database) if database is not None else shown(uri)


def is_there(uri: str) -> bool:
    """Say whether an embedded store was made; a server is taken to be there.

    Args:
        uri: As `resolve_uri` gives it.
    """
    database = database_file(uri)
    return database is None or (database.exists() and database.stat().st_size > 0)


def require_store(uri: str) -> None:
    """Refuse an embedded store that is not there; nothing is created.

    Args:
        uri: As `resolve_uri` gives it.

    Raises:
        TrackingError: The database file is not there.
    """
    database = database_file(uri)
    if database is not None and not is_there(uri):
        raise TrackingError(
            f"{short_path(database)} must hold runs",
            but="there is no such file, so there are no runs here",
            do="Go where they were made, or make some: tracker run --dataset phantom. "
            "Finished ones to look at: --example.",
        )


def initialize_embedded(uri: str) -> bool:
    """Make the database of an embedded store, once, whoever asks first.

    Two processes that open a fresh database at once can leave it broken for good, and a process that is
    killed in the six seconds that it takes leaves half of one: it is made under a lock and another name.
    This imports MLflow: not for the training process.

    Args:
        uri: As `resolve_uri` gives it; a server needs nothing.

    Returns:
        Whether the database was made now.
    """
    database = database_file(uri)
    if database is None or is_there(uri):
        return False
    database.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(database.with_name(f"{database.name}-lock")):
        if is_there(uri):
            return False
        _make(database)
    return True


def _make(database: Path) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    unfinished = database.with_name(f"{database.name}-new")
    unfinished.unlink(missing_ok=True)
    artifacts = artifact_folder(database).as_uri()
    store = SqlAlchemyStore(f"{_SQLITE}{unfinished}", artifacts)  # type: ignore[no-untyped-call]
    store.engine.dispose()
    unfinished.replace(database)


def short_path(path: Path) -> str:
    """Name a file or folder for a user: from the current folder on, where it lies in it.

    Args:
        path: An absolute path.
    """
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
