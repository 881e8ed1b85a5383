"""Artifacts are taken from beside the database where they lie there, and from nowhere else."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tracker.addresses import sqlite_address, sqlite_file
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.moved_store import find_artifacts_again
from tracker.tracking.backend.runs import ensure_experiment


@pytest.fixture
def store(database: str, tmp_path: Path) -> Path:
    """A store in a folder of its own, with one experiment, one run in it, and one artifact of that."""
    made = sqlite_file(database)
    assert made is not None
    folder = tmp_path / "first"
    folder.mkdir()
    shutil.copy(made, folder / "mlflow.db")
    uri = sqlite_address(folder / "mlflow.db")
    client = open_client(uri)
    run = client.create_run(ensure_experiment(client, "moving", uri))
    client.log_text(run.info.run_id, "x", "x.txt")
    return folder


def places(folder: Path) -> list[str]:
    """Return where the experiment's and its run's artifacts are said to be."""
    with closing(sqlite3.connect(folder / "mlflow.db")) as opened:
        of_experiment = opened.execute("SELECT artifact_location FROM experiments WHERE name = 'moving'")
        of_run = opened.execute("SELECT artifact_uri FROM runs WHERE artifact_uri LIKE '%/moving/%'")
        return [place for (place,) in (*of_experiment, *of_run)]


def test_artifacts_that_went_along_are_found_and_that_is_told_once(
    store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    moved = store.rename(store.with_name("50 %?"))
    for _ in range(2):
        find_artifacts_again(sqlite_address(moved / "mlflow.db"))
    here = (moved / "mlartifacts" / "moving").as_uri()
    experiment, run = places(moved)
    assert experiment == here
    assert run.startswith(f"{here}/")
    assert [str(store / "mlartifacts") in told for told in caplog.messages] == [True]


def test_artifacts_that_are_nowhere_today_keep_their_place(store: Path) -> None:
    (store / "mlartifacts").rename(store.with_name("drive that is not mounted"))
    before = places(store)
    moved = store.rename(store.with_name("second"))
    find_artifacts_again(sqlite_address(moved / "mlflow.db"))
    assert places(moved) == before


def test_artifacts_that_are_kept_elsewhere_on_purpose_stay_there(store: Path) -> None:
    before = places(store)
    other = store.with_name("second")
    other.mkdir()
    shutil.copy(store / "mlflow.db", other)
    find_artifacts_again(sqlite_address(other / "mlflow.db"))
    assert places(other) == before
