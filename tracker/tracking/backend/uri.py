"""Where MLflow is: the embedded database file, or a server."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracker.addresses import SQLITE, shown, split_account, sqlite_address, sqlite_file
from tracker.errors import TrackingError
from tracker.io.atomic import sync
from tracker.io.locks import exclusive
from tracker.io.short_path import short_path
from tracker.tracking.backend.account import keep_account
from tracker.tracking.backend.typed_address import checked


def resolve_uri(option: str | None = None) -> str:
    """Return the address of the MLflow store or server; an account in it is kept for this process alone.

    Args:
        option: What a user asked for; None: MLFLOW_TRACKING_URI, or else `mlflow.db` in the current folder.

    Raises:
        TrackingError: It is a folder, which MLflow no longer takes as a store, a database in memory, or none.
    """
    typed = option or os.environ.get("MLFLOW_TRACKING_URI")
    if not typed:
        return sqlite_address(Path.cwd() / "mlflow.db")
    address = checked(typed)
    keep_account(address, split_account(typed)[1])
    return address


def database_file(uri: str) -> Path | None:
    """Return the file of an embedded store; None for a server.

    Args:
        uri: As `resolve_uri` gives it.
    """
    return sqlite_file(uri)


def as_mlflow_takes_it(uri: str) -> str:
    """Return an address to open a store by.

    MLflow makes the folder of a database file, and takes its path from the address without reading the
    escaped letters in it: a second folder. It does not where the driver is named, too.

    Args:
        uri: As `resolve_uri` gives it.
    """
    escaped = uri.startswith(SQLITE) and "%" in uri
    return f"sqlite+pysqlite{uri.removeprefix('sqlite')}" if escaped else uri


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
    killed in the seconds that it takes leaves half of one: it is made under a lock and another name.
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
    with _written_at_once(unfinished):
        store = SqlAlchemyStore(as_mlflow_takes_it(sqlite_address(unfinished)), artifacts)  # type: ignore[no-untyped-call]
        store.engine.dispose()
    sync(unfinished)
    unfinished.replace(database)
    sync(database.parent)


@contextmanager
def _written_at_once(database: Path) -> Iterator[None]:
    """Have SQLite not wait for the disk after each of the statements that make MLflow's tables: hundreds."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def connected(connection: object, _record: object) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        ((_, _, file),) = connection.execute("PRAGMA database_list")
        if Path(file).name == database.name:
            connection.executescript("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY")

    event.listen(Engine, "connect", connected)
    try:
        yield
    finally:
        event.remove(Engine, "connect", connected)
