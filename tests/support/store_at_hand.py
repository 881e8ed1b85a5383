"""An empty embedded store, made by MLflow once for many tests: its tables take MLflow seconds each time.

Tests whose `tracker` is a process of its own meet a folder without one, as users do.
"""

from __future__ import annotations

import io
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, redirect_stderr
from functools import cache
from pathlib import Path

from tracker.tracking.backend.client import open_client

_NAME = "mlflow.db"
_ELSEWHERE = {"--tracking-uri", "--dry-run", "--config", "--help"}


@contextmanager
def store_at_hand(arguments: Sequence[str]) -> Iterator[None]:
    """Put an empty store into the current folder for a command that makes one; it goes if nothing came in.

    Args:
        arguments: Of `tracker`.
    """
    store = Path.cwd() / _NAME
    if not _makes_one(arguments) or os.path.lexists(store):
        yield
        return
    empty = _empty(str(store.parent))
    store.write_bytes(empty)
    try:
        yield
    finally:
        if store.is_file() and store.read_bytes() == empty:
            store.unlink()


def _makes_one(arguments: Sequence[str]) -> bool:
    named = {argument.partition("=")[0] for argument in arguments}
    return (
        tuple(arguments[:1]) in (("run",), ("tune",))
        and not named & _ELSEWHERE
        and not os.environ.get("MLFLOW_TRACKING_URI")
    )


def _empty(folder: str) -> bytes:
    """Return an empty store as MLflow makes it in a folder."""
    with tempfile.TemporaryDirectory() as other:
        copy = Path(other, _NAME)
        copy.write_bytes(_made())
        with closing(sqlite3.connect(copy)) as database, database:
            database.execute("UPDATE experiments SET artifact_location = ?", (f"{folder}/mlruns/0",))
        return copy.read_bytes()


@cache
def _made() -> bytes:
    # What MLflow logs meanwhile is no command's.
    with tempfile.TemporaryDirectory() as folder, redirect_stderr(io.StringIO()):
        open_client(f"sqlite:///{folder}/{_NAME}").search_experiments()
        return Path(folder, _NAME).read_bytes()
