"""Where runs are tracked: whether the database can be written, or the server answers."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.doctor.imports import need
from tracker.doctor.result import CheckResult, CheckState
from tracker.io.probes import why_no_locks, why_no_rights, why_not_writable
from tracker.io.short_path import short_path
from tracker.tracking.backend.store_file import Obstacle, obstacle_of
from tracker.tracking.backend.uri import database_file, describe, is_there, resolve_uri

if TYPE_CHECKING:
    from tracker.tracking.backend.client import Answer

_ANOTHER = "give another --tracking-uri"


def store(tracking_uri: str | None) -> CheckResult:
    """Look whether runs can be tracked; nothing is created.

    A server that does not answer is a warning: training does not wait for one, and records are kept for it.
    One that refuses the account is not: it will not change its mind. What an account may do is a matter of
    each experiment, so one that may not make any is a warning again.

    Args:
        tracking_uri: What a user asked for; None: as everywhere.

    Raises:
        TrackingError: It is nothing that runs can be tracked in.
    """
    uri = resolve_uri(tracking_uri)
    database = database_file(uri)
    return _server(uri) if database is None else _embedded(uri, database)


def _server(uri: str) -> CheckResult:
    answer = _ask(uri)
    facts = {"server": describe(uri), "failure": answer.failure or None, "version": answer.version or None}
    if answer.advice:
        state: CheckState = "missing" if answer.failure == "denied" else "warning"
        return CheckResult(state=state, found=answer.problem, advice=answer.advice, facts=facts)
    if answer.failure:
        return CheckResult(
            state="warning",
            found=answer.problem,
            advice="Check the address (--tracking-uri, MLFLOW_TRACKING_URI) and that the server runs. "
            "Runs train without it; tracker sync sends their records later.",
            facts=facts,
        )
    if answer.lack:
        return CheckResult(
            state="warning",
            found=answer.lack,
            advice="Everything else is sent; what it has no place for is kept here, in the runs' folders.",
            facts=facts | {"lack": answer.lack},
        )
    version = f"MLflow {answer.version}" if answer.version else "of an unknown version"
    return CheckResult(
        state="good", found=f"{describe(uri)} answers and can be written, {version}", facts=facts
    )


def _embedded(uri: str, database: Path) -> CheckResult:
    if (found := _file(uri, database)) is not None:
        return found
    answer, name, facts = _ask(uri), short_path(database), _facts(database)
    if answer.failure:
        advice = f"Install the MLflow that made it; or copy it, and then type: mlflow db upgrade {uri}"
        return CheckResult(state="missing", found=answer.problem, advice=advice, facts=facts)
    return CheckResult(state="good", found=f"{name} is there and can be written", facts=facts)


def _facts(database: Path) -> dict[str, object]:
    return {"database": str(database), "exists": os.path.lexists(database)}


def _file(uri: str, database: Path) -> CheckResult | None:
    """Look at the file alone; None where MLflow has to say more."""
    name, facts = short_path(database), _facts(database)
    if obstacle := obstacle_of(uri, to_write=True):
        return _unusable(name, obstacle, facts)
    if problem := why_not_writable(database.parent):
        return CheckResult(
            state="missing",
            found=f"{name} cannot be written ({problem})",
            advice=f"Run in another folder, or {_ANOTHER}: sqlite:////FOLDER/mlflow.db.",
            facts=facts,
        )
    if not is_there(uri):
        return _to_be_made(name, database, facts)
    if not _holds_runs(database):
        return CheckResult(
            state="warning",
            found=f"{name} is a database of something else, to which MLflow adds its tables",
            advice=f"To keep them apart, {_ANOTHER}.",
            facts=facts,
        )
    return None


def _to_be_made(name: str, database: Path, facts: dict[str, object]) -> CheckResult:
    locks, rights = why_no_locks(database.parent), why_no_rights(database.parent)
    if locks or rights:
        lacking = f"locks do not work there ({locks})" if locks else f"files have no rights there ({rights})"
        return CheckResult(
            state="missing",
            found=f"{name} cannot be made: {lacking}",
            advice=f"Run in another folder, or {_ANOTHER}: sqlite:////FOLDER/mlflow.db.",
            facts=facts,
        )
    return CheckResult(state="good", found=f"{name}, made by the first run", facts=facts)


def _ask(uri: str) -> Answer:
    need("mlflow")
    from tracker.tracking.backend.client import ask

    return ask(uri)


def _holds_runs(database: Path) -> bool:
    """Say whether MLflow's tables are there."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'")
        return tables.fetchone() is not None


def _unusable(name: str, obstacle: Obstacle, facts: dict[str, object]) -> CheckResult:
    if obstacle.passing:
        return CheckResult(
            state="warning",
            found=f"{name} {obstacle.problem}",
            advice="Runs train meanwhile, and their records are sent when it lets go.",
            facts=facts,
        )
    return CheckResult(
        state="missing", found=f"{name} {obstacle.problem}", advice=obstacle.advice, facts=facts
    )
