"""Names that the embedded store of this folder holds, read from its file in no time: for shells to complete.

MLflow is not imported; where runs are tracked on a server, nothing is asked and there are none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from tracker.tracking.backend.uri import database_file, is_there, resolve_uri

_PATIENCE_S = 0.2
_EXPERIMENTS = (
    "SELECT name FROM experiments WHERE lifecycle_stage = 'active' AND name != 'Default' ORDER BY name"
)
_DELETED = "SELECT experiment_id FROM experiments WHERE lifecycle_stage = 'deleted' AND name = ?"
_METRICS = "SELECT DISTINCT substr(key, 7) FROM latest_metrics WHERE key LIKE 'final/%' ORDER BY key"


def experiment_names() -> Iterator[str]:
    """Yield the experiments that are not deleted.

    Raises:
        sqlite3.Error: The file is locked, or no database of MLflow.
    """
    return _column(_EXPERIMENTS)


def metric_names() -> Iterator[str]:
    """Yield the metrics that finished runs can be compared by, such as `test/accuracy`.

    Raises:
        sqlite3.Error: The file is locked, or no database of MLflow.
    """
    return _column(_METRICS)


def deleted_experiment_id(uri: str, name: str) -> str:
    """Return MLflow's id of an experiment that was deleted; empty where it was not.

    Args:
        uri: As `resolve_uri` gives it.
        name: The experiment's name.

    Raises:
        sqlite3.Error: The file is locked, or no database of MLflow.
    """
    return next(_column(_DELETED, name, uri=uri), "")


def _column(query: str, *values: str, uri: str = "") -> Iterator[str]:
    uri = uri or resolve_uri()
    database = database_file(uri)
    if database is None or not is_there(uri):
        return
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=_PATIENCE_S)) as store:
        yield from (str(name) for (name,) in store.execute(query, values))
