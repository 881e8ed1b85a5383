"""A small run as training would record it, and MLflow as a database file and as a server."""

from __future__ import annotations

from tests.support.recorded import client, database, experiment, home, sent, start, uri

__all__ = ["client", "database", "experiment", "home", "sent", "start", "uri"]
