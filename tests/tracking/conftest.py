"""A small run as training would record it, and MLflow as a database file and as a server."""

from __future__ import annotations

from tests.support.recorded import database, experiment, home, start, uri

__all__ = ["database", "experiment", "home", "start", "uri"]
