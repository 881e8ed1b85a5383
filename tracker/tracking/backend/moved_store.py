"""An embedded store that was moved, renamed, copied or mounted elsewhere: where its artifacts lie now.

MLflow writes the whole path of an artifact folder into its database. The folder lies beside the database
(`uri.artifact_folder`), wherever that is.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tracker.io.short_path import short_path
from tracker.tracking.backend.uri import artifact_folder, database_file, is_there

_LOG = logging.getLogger(__name__)
_PATIENCE_S = 5.0
_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Where MLflow's tables have the addresses of artifacts, the experiments' first."""


def find_artifacts_again(uri: str) -> None:
    """Have an embedded store name the artifacts that lie beside it now, and tell it where that is news.

    Artifacts that somebody keeps elsewhere on purpose are left there: only a folder whose files lie here is
    taken for one that was moved. A store that cannot be changed stays as it is.

    Args:
        uri: As `resolve_uri` gives it; nothing is done for a server.
    """
    database = database_file(uri)
    if database is None or not is_there(uri):
        return
    here = artifact_folder(database)
    with suppress(sqlite3.Error):
        former = _move(database, here)
        if former:
            _LOG.warning(
                "%s was moved: its artifacts are taken from %s, no longer from %s",
                short_path(database),
                short_path(here),
                ", ".join(former),
            )


def _move(database: Path, here: Path) -> list[str]:
    """Change what is recorded; return the folders that were named before."""
    with closing(sqlite3.connect(database, timeout=_PATIENCE_S)) as store:
        former = dict(_former_places(store, here))
        with store:
            for place, now in former.items():
                name_in_all_tables(store, f"{place}/", f"{now}/")
                table, column = _PLACES[0]
                store.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (now, place))
    return sorted({str(Path(_path(place)).parent) for place in former})


def name_in_all_tables(store: sqlite3.Connection, before: str, now: str) -> None:
    """Replace the beginning of every address of an artifact in a database of MLflow.

    Args:
        store: The database.
        before: What addresses begin with.
        now: What they are to begin with.
    """
    for table, column in _PLACES:
        store.execute(
            f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",
            (now, len(before) + 1, len(before), before),
        )


def _former_places(store: sqlite3.Connection, here: Path) -> Iterator[tuple[str, str]]:
    """Yield the old and the new address of the artifacts of experiments that lie beside the database now."""
    found = store.execute("SELECT artifact_location, experiment_id FROM experiments").fetchall()
    for location, experiment_id in found:
        place, separator, name = str(location).rpartition(f"/{here.name}/")
        former = f"{place}/{here.name}"
        if not separator or "/" in name or not _is_elsewhere(former, here):
            continue
        runs = store.execute("SELECT count(*) FROM runs WHERE experiment_id = ?", [experiment_id]).fetchone()[
            0
        ]
        if _are_here(former, here, name, known=runs > 0):
            yield str(location), f"{here.as_uri()}/{name}"


def _is_elsewhere(place: str, here: Path) -> bool:
    return place.startswith("file:") and os.path.realpath(_path(place)) != os.path.realpath(here)


def _are_here(former: str, here: Path, name: str, *, known: bool) -> bool:
    """Say whether artifacts lie beside the database; of an experiment without runs, they will.

    Where they are at neither place, their drive may not be there today.
    """
    below = unquote(name)
    return (here / below).exists() or (not known and not Path(_path(former), below).exists())


def _path(place: str) -> str:
    return unquote(urlsplit(place).path)
