"""Whether the file of an embedded store can be opened, looked at in no time and without MLflow.

MLflow tries for minutes to open what cannot be opened, and makes a database where there is none.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import struct
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tracker.errors import TrackingError
from tracker.io.short_path import short_path
from tracker.tracking.backend.uri import database_file

_PATIENCE_S = 1.0
_HEADER = b"SQLite format 3\x00"
_HEADER_BYTES = 100
# Of a page, in bytes; changes so far; pages; changes when the pages were counted.
_NUMBERS = struct.Struct(">16xH6xII60xI4x")
_ANOTHER = "give another --tracking-uri"
_JOURNALS = "what runs recorded lies in their journals, too: tracker sync --all sends it to a new one"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a store cannot be used.

    Attributes:
        problem: What is the matter with the file, as a sentence without its subject.
        advice: What to do, as a sentence.
        passing: Whether waiting may help: another process has the file.
    """

    problem: str
    advice: str
    passing: bool = False


def require_usable(uri: str, *, to_write: bool = False) -> None:
    """Refuse an embedded store that cannot be opened; one that is not there can be made.

    Args:
        uri: As `resolve_uri` gives it; a server is taken to be usable.
        to_write: Whether runs are to be recorded in it. Then one that another process has is no reason to
            refuse: they are sent later.

    Raises:
        TrackingError: It cannot be opened.
    """
    obstacle = obstacle_of(uri, to_write=to_write)
    if obstacle is None or (to_write and obstacle.passing):
        return
    raise TrackingError(
        f"{_name(uri)} must be a database that can be {'written' if to_write else 'read'}",
        but=f"it {obstacle.problem}",
        do=obstacle.advice,
    )


def obstacle_of(uri: str, *, to_write: bool = False) -> Obstacle | None:
    """Look what keeps an embedded store from being used; nothing is changed.

    Args:
        uri: As `resolve_uri` gives it; a server has no obstacle here.
        to_write: Whether it is to be written.
    """
    database = database_file(uri)
    if database is None:
        return None
    try:
        return _of_path(database) or _of_content(database, to_write=to_write)
    except OSError as error:
        return _closed(database, error)


def _name(uri: str) -> str:
    database = database_file(uri)
    return short_path(database) if database is not None else uri


def _of_path(database: Path) -> Obstacle | None:
    """Look at what stands in the place of the file."""
    if not database.exists():
        if database.is_symlink():
            there = f"is a link to {database.readlink()}, which is not there"
            return Obstacle(
                there, f"Bring that back (is its disk connected?), remove the link, or {_ANOTHER}."
            )
        return None
    kind = database.stat().st_mode
    if stat.S_ISDIR(kind):
        return Obstacle("is a folder", f"Move it away, name the file in it, or {_ANOTHER}.")
    if not stat.S_ISREG(kind):
        return Obstacle("is no file but a pipe, a socket or a device", f"Move it away, or {_ANOTHER}.")
    return None


def _of_content(database: Path, *, to_write: bool) -> Obstacle | None:
    """Look at what is in the file; an empty one, or none, becomes a database."""
    if not database.exists() or not database.stat().st_size:
        return _not_writable(database) if to_write else None
    with database.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if not header.startswith(_HEADER):
        return Obstacle("is no database but some other file", f"Move it away, or {_ANOTHER}.")
    if _is_cut(header, database.stat().st_size):
        return _damaged("the end of it is missing")
    return _opened(database, to_write=to_write)


def _is_cut(header: bytes, size: int) -> bool:
    """Say whether a database is shorter than it says itself; of one from an old SQLite, nobody can."""
    if len(header) < _HEADER_BYTES:
        return True
    page, changes, pages, valid_for = _NUMBERS.unpack(header)
    # 65536 does not fit into two bytes, and is written as 1.
    return bool(changes == valid_for and size < pages * (65536 if page == 1 else page))


def _opened(database: Path, *, to_write: bool) -> Obstacle | None:
    how = "rw" if to_write else "ro"
    try:
        with closing(
            sqlite3.connect(
                f"{database.as_uri()}?mode={how}", uri=True, timeout=_PATIENCE_S, isolation_level=None
            )
        ) as store:
            if to_write:
                # Begun and taken back: nothing is written.
                store.execute("BEGIN IMMEDIATE")
                store.execute("ROLLBACK")
            store.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        return _unusable(database, error, to_write=to_write)
    return _not_writable(database) if to_write else None


def _unusable(database: Path, error: sqlite3.Error, *, to_write: bool) -> Obstacle:
    said = str(error)
    if "locked" in said or "busy" in said:
        return Obstacle(
            "is locked by another process",
            "Wait until that has ended, or end it: a program that shows databases, a copy or a backup.",
            passing=True,
        )
    if isinstance(error, sqlite3.OperationalError):
        return (
            _closed(database, error)
            if to_write
            else Obstacle(f"cannot be opened ({said})", _permit(database))
        )
    return _damaged(said)


def _damaged(how: str) -> Obstacle:
    return Obstacle(
        f"is damaged ({how})", f"Bring a copy of it back, or move it away: {_JOURNALS}. Otherwise {_ANOTHER}."
    )


def _not_writable(database: Path) -> Obstacle | None:
    """Look whether the file and its folder, in which SQLite keeps a journal, can be written."""
    folder = next(parent for parent in database.parents if os.path.lexists(parent))
    if not folder.is_dir():
        return Obstacle(
            f"cannot be made: {short_path(folder)} is no folder", f"Mend its address, or {_ANOTHER}."
        )
    for path in (database, folder) if database.exists() else (folder,):
        if not os.access(path, os.W_OK):
            return _closed(path, "it can only be read")
    return None


def _closed(path: Path, why: object) -> Obstacle:
    said = getattr(why, "strerror", None) or str(why)
    return Obstacle(f"cannot be opened ({short_path(path)}: {said})", _permit(path))


def _permit(path: Path) -> str:
    return f"Mend the permissions of {short_path(path)} and of its folder, or {_ANOTHER}."
