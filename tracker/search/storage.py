"""Where studies are kept: a database that many processes write to at once."""

from __future__ import annotations

import importlib.util
import random
import time
from pathlib import Path
from typing import Any

import sqlalchemy
from optuna.storages import RDBStorage
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from tracker.addresses import shown
from tracker.errors import TuningError
from tracker.io.locks import exclusive
from tracker.search.optuna_warnings import suppress_warnings
from tracker.search.retry import AWAY, reason

HEARTBEAT_S = 5
GRACE_S = 20
"""Without a beat for so many seconds, a trial is taken for dead."""

_LOCK_WAIT_S = 60
_CONNECT_S = 10
_CREATIONS = 5
_EXAMPLES = "sqlite:///studies.db or postgresql://USER@HOST/NAME"


def open_storage(url: str, *, heartbeat_s: int = HEARTBEAT_S, grace_s: int = GRACE_S) -> RDBStorage:
    """Open the database of studies, and make its tables where it has none.

    Args:
        url: Its address.
        heartbeat_s: Seconds between two beats of a running trial.
        grace_s: Seconds without a beat after which a trial is taken for dead.

    Raises:
        TuningError: The address is none, its driver is missing, or the database cannot be used.
    """
    address = _address(url)
    file = database_file(url)
    try:
        with suppress_warnings():
            if file is None:
                return _open_shared(address, heartbeat_s, grace_s)
            file.parent.mkdir(parents=True, exist_ok=True)
            # Of several processes that open a fresh file at once, all but one would find half of the tables.
            with exclusive(file.with_name(f"{file.name}-lock")):
                return _open_file(address, heartbeat_s, grace_s)
    except (ArgumentError, ImportError) as error:
        raise _no_driver(address) from error
    except (*AWAY, OSError) as error:
        raise _unusable(address, error) from error
    except RuntimeError as error:
        raise _foreign(address) from error


def holds_studies(url: str) -> bool:
    """Say whether a database has the tables of studies; nothing is made in it, and no file of it.

    Args:
        url: Its address.

    Raises:
        TuningError: The address is none, its driver is missing, or the database cannot be used.
    """
    address, file = _address(url), database_file(url)
    if file is not None and not file.exists():
        return False
    options = {"connect_timeout": _CONNECT_S} if address.get_backend_name() == "postgresql" else {}
    try:
        engine = sqlalchemy.create_engine(address, connect_args=options)
        try:
            return bool(sqlalchemy.inspect(engine).has_table("studies"))
        finally:
            engine.dispose()
    except (ArgumentError, ImportError) as error:
        raise _no_driver(address) from error
    except (*AWAY, OSError) as error:
        raise _unusable(address, error) from error


def database_file(url: str) -> Path | None:
    """Return the file of an SQLite database; None for a database server.

    Args:
        url: The database's address.

    Raises:
        TuningError: It is no address.
    """
    address = _address(url)
    return Path(str(address.database)) if address.get_backend_name() == "sqlite" else None


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise _no_address(shown(url)) from error
    if address.drivername == "postgresql" and importlib.util.find_spec("psycopg2") is None:
        return address.set(drivername="postgresql+psycopg")
    if address.drivername.startswith("sqlite") and address.database in (None, "", ":memory:"):
        raise _no_address(url)
    return address


def _open_file(address: URL, heartbeat_s: int, grace_s: int) -> RDBStorage:
    storage = _open(address, {"timeout": _LOCK_WAIT_S, "isolation_level": None}, heartbeat_s, grace_s)
    sqlalchemy.event.listen(storage.engine, "begin", _begin_as_writer)
    return storage


def _begin_as_writer(connection: Connection) -> None:
    # Optuna reads a trial's state with a lock on its row and then writes it. SQLite knows no such lock: two
    # processes would take up the same trial, or one would finish what the other has just given up.
    # A transaction that holds the file from its first statement on is as good, and never waits in a circle.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _open_shared(address: URL, heartbeat_s: int, grace_s: int) -> RDBStorage:
    options = {"connect_timeout": _CONNECT_S} if address.get_backend_name() == "postgresql" else {}
    for _ in range(_CREATIONS - 1):
        try:
            return _open(address, options, heartbeat_s, grace_s)
        except OperationalError:
            raise
        except AWAY:
            # Another process makes the tables at this moment; the next look finds them.
            time.sleep(random.SystemRandom().uniform(0.1, 0.6))
    return _open(address, options, heartbeat_s, grace_s)


def _open(address: URL, connect: dict[str, Any], heartbeat_s: int, grace_s: int) -> RDBStorage:
    return RDBStorage(
        address.render_as_string(hide_password=False),
        # A connection that a restarted server has forgotten is replaced before it is used.
        engine_kwargs={"connect_args": connect, "pool_pre_ping": True},
        heartbeat_interval=heartbeat_s,
        grace_period=grace_s,
    )


def _no_address(url: str) -> TuningError:
    return TuningError(
        f"studies must be kept in a database ({_EXAMPLES})",
        but=f"the storage is {url!r}",
        do="Give another --study-storage.",
    )


def _no_driver(address: URL) -> TuningError:
    install = (
        'pip install "psycopg[binary]"' if address.get_backend_name().startswith("postgres") else "its driver"
    )
    return TuningError(
        f"the driver of a storage must be installed ({_EXAMPLES})",
        but=f"{address.drivername!r} is not",
        do=f"Install it ({install}), or give another --study-storage.",
    )


def _shown(address: URL) -> str:
    """Name a database for a user, without a password."""
    return address.set(query={}).render_as_string(hide_password=True)


def _unusable(address: URL, error: Exception) -> TuningError:
    text = reason(error).replace(str(address.password), "***") if address.password else reason(error)
    password = "password" in text.lower()
    return TuningError(
        "the storage of studies must be a database that can be opened and written",
        but=f"{_shown(address)} cannot: {text}",
        do="Mend the name in its address, or the password: PGPASSWORD holds it for PostgreSQL."
        if password
        else "Start the database, or mend its address or its permissions.",
    )


def _foreign(address: URL) -> TuningError:
    return TuningError(
        "the storage of studies must be a database of its own, made by this version of Optuna",
        but=f"{_shown(address)} has tables of another program or of another version",
        do="Name another database, such as sqlite:///studies.db.",
    )
