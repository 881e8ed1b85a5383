"""Which runs of a home are meant for which MLflow store or server.

The address that a journal begins with is as it was recorded, and all forms of it are one here. A store in the
folder of the home, or below it, is recorded from there on: the folder can be moved, renamed and mounted
elsewhere. Journals of earlier versions have its whole path.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from tracker.addresses import sqlite_address, sqlite_file
from tracker.tracking.backend.typed_address import canonical_file, normalized
from tracker.tracking.journal.entries import Creation
from tracker.tracking.journal.log import UNREADABLE
from tracker.tracking.journal.run_folder import RunFolder, run_folders
from tracker.tracking.shipping.cursor import load_cursor

# For each run of a home that was moved since 0.1.0.
_PATIENCE_S = 0.2


def recorded_address(home: Path, tracking_uri: str) -> str:
    """Return the address that a journal of a home begins with.

    Args:
        home: The folder that holds all journals.
        tracking_uri: Where MLflow is, as `resolve_uri` gives it.
    """
    database, folder = sqlite_file(tracking_uri), _folder_of(home)
    if database is None or folder == folder.parent or not database.is_relative_to(folder):
        return tracking_uri
    return sqlite_address(database.relative_to(folder))


def destination(run: RunFolder, creation: Creation) -> str:
    """Return where the journal of a run goes, as `resolve_uri` would give it.

    Args:
        run: The run's folder.
        creation: How the run began.
    """
    recorded = run.redirection() or creation.tracking_uri
    database = sqlite_file(recorded)
    if database is None:
        return normalized(recorded)
    folder = run.path.parents[2]
    if not database.is_absolute():
        return canonical_file(folder / database)
    beside = folder / database.name
    return canonical_file(beside if _has_moved(database, beside, run) else database)


def creation_of(run: RunFolder) -> Creation | None:
    """Read how a run began; None where nobody can say: its first entry is not written, or is damaged.

    Args:
        run: The run's folder.
    """
    try:
        return run.creation()
    except UNREADABLE:
        return None


def runs_for(home: Path, tracking_uri: str | None) -> list[RunFolder]:
    """List the runs that are meant for an MLflow store or server.

    Args:
        home: The folder that holds all journals.
        tracking_uri: Where MLflow is, as `resolve_uri` gives it; None: anywhere.
    """
    meant = ((run, _destination_of(run)) for run in run_folders(home))
    return [run for run, where in meant if where is not None and tracking_uri in (None, where)]


def destinations(home: Path) -> list[str]:
    """List the addresses of the stores and servers that the runs of a home are meant for.

    Args:
        home: The folder that holds all journals.
    """
    found = (_destination_of(run) for run in run_folders(home))
    return sorted({where for where in found if where is not None})


def address_forms(home: Path, tracking_uri: str) -> list[str]:
    """List the forms of an address that the ids of runs can contain.

    Args:
        home: The folder that holds all journals.
        tracking_uri: Where MLflow is, as `resolve_uri` gives it.

    Returns:
        As a journal records it now, the address itself, and those that journals recorded before.
    """
    begun = (creation_of(run) for run in runs_for(home, tracking_uri))
    recorded = sorted({creation.tracking_uri for creation in begun if creation is not None})
    return list(dict.fromkeys([recorded_address(home, tracking_uri), tracking_uri, *recorded]))


def _destination_of(run: RunFolder) -> str | None:
    """Return where a run goes; None where its first entry is not there, or nobody can read it."""
    try:
        creation = run.creation()
        return destination(run, creation) if creation is not None else None
    except UNREADABLE:
        return None


def _folder_of(home: Path) -> Path:
    """Return the folder that a home and its embedded store are moved with."""
    return Path(os.path.realpath(home.parent))


def _has_moved(database: Path, beside: Path, run: RunFolder) -> bool:
    """Say whether a database that is not at its whole path is the one that lies beside the home."""
    if database.exists() or not beside.is_file():
        return False
    # A drive that is not there today is no folder that was moved: the run itself has to be here.
    run_id = load_cursor(run).run_id
    holds = _holds(beside, run_id) if run_id else None
    return not database.parent.exists() if holds is None else holds


def _holds(database: Path, run_id: str) -> bool | None:
    """Say whether a database has a run of MLflow; None while another process locks it."""
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=_PATIENCE_S)) as store:
            return store.execute("SELECT 1 FROM runs WHERE run_uuid = ?", [run_id]).fetchone() is not None
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return None if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) else False
