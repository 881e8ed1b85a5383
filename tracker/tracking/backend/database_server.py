"""A database server in the place of an MLflow server: tried once, before MLflow tries for two minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.addresses import shown
from tracker.errors import TrackingError

if TYPE_CHECKING:
    from sqlalchemy import Engine

_PATIENCE_S = 4
_OTHERS = ("http", "sqlite", "databricks")
_WITH_TIMEOUT = ("postgresql", "mysql")


def connect_once(address: str) -> None:
    """Open a connection to a database server, and close it.

    Args:
        address: With its account; nothing is done for an MLflow server or a database file.

    Raises:
        TrackingError: The driver of such databases is not installed.
        SQLAlchemyError: The server does not let us in, or is not there.
    """
    engine = _engine(address)
    if engine is None:
        return
    try:
        engine.connect().close()
    finally:
        engine.dispose()


def require_driver(uri: str) -> None:
    """Refuse the address of a database server whose driver is missing: nothing could ever be sent there.

    Args:
        uri: As `resolve_uri` gives it.

    Raises:
        TrackingError: The driver of such databases is not installed.
    """
    _engine(uri)


def _engine(address: str) -> Engine | None:
    """Return what opens connections to a database server; None for everything else."""
    if address.startswith(_OTHERS):
        return None
    import sqlalchemy

    kind = sqlalchemy.make_url(address).get_backend_name()
    patience = {"connect_timeout": _PATIENCE_S} if kind in _WITH_TIMEOUT else {}
    try:
        return sqlalchemy.create_engine(address, connect_args=patience)
    except (ImportError, sqlalchemy.exc.NoSuchModuleError) as error:
        raise TrackingError(
            f"the driver of a database must be installed to track in {shown(address)}",
            but=f"it is not ({error})",
            do="Install it, or name the driver that there is (postgresql+psycopg://...); "
            'for PostgreSQL: pip install "psycopg[binary]".',
        ) from None
