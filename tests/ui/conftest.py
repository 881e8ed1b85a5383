"""A small run, MLflow as a database file and as a server, and the command line in an empty folder."""

from __future__ import annotations

from tests.support.recorded import database, experiment, home, start, uri
from tests.support.workplace import argv_stays, shared_cache, tracker, workplace

__all__ = ["argv_stays", "database", "experiment", "home", "shared_cache"]
__all__ += ["start", "tracker", "uri", "workplace"]
