"""Where runs are tracked: a server that answers, refuses or is away, a database, and what is none."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.installation import Checked, Tracker
from tests.support.proxies import proxy_to
from tests.support.servers import MlflowServer, free_port
from tracker.tracking.backend.uri import initialize_embedded


@pytest.fixture(scope="module")
def made_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the first run makes it."""
    database = tmp_path_factory.mktemp("store") / "mlflow.db"
    initialize_embedded(f"sqlite:///{database}")
    return database


@pytest.fixture
def database(made_store: Path, workplace: Path) -> Path:
    return Path(shutil.copy(made_store, workplace / "mlflow.db"))


def test_a_store_of_the_old_kind_is_missing(checked: Checked) -> None:
    found = checked("--tracking-uri", "./mlruns")["MLflow"]
    assert found["state"] == "missing"
    assert "the tracking URI is './mlruns'" in found["found"]
    assert "--tracking-uri" in found["advice"]


def test_a_server_that_cannot_be_reached_is_a_warning_because_training_does_not_need_it(
    checked: Checked,
) -> None:
    port = free_port()
    found = checked("--tracking-uri", f"http://me:secret@127.0.0.1:{port}")["MLflow"]
    assert found["state"] == "warning"
    assert found["found"].startswith(f"http://127.0.0.1:{port} cannot be reached: nothing listens at ")
    assert "tracker sync sends their records later" in found["advice"]
    assert "secret" not in json.dumps(found)


def test_a_server_that_refuses_the_account_is_missing(checked: Checked) -> None:
    with proxy_to(free_port()) as proxy:
        proxy.be("401")
        found = checked("--tracking-uri", proxy.uri)["MLflow"]
    assert (found["state"], found["facts"]["failure"]) == ("missing", "denied")
    assert found["found"] == (
        f"{proxy.uri} is behind something else that answers 401, a proxy or firewall, not MLflow"
    )
    assert "MLFLOW_TRACKING_USERNAME" in found["advice"]


def test_a_server_that_answers_is_good_with_its_version(
    checked: Checked, mlflow_server: MlflowServer
) -> None:
    import mlflow

    found = checked("--tracking-uri", mlflow_server.uri)["MLflow"]
    assert found["state"] == "good"
    version = mlflow.__version__
    assert found["found"] == f"{mlflow_server.uri} answers and can be written, MLflow {version}"


def test_a_database_that_is_there_is_opened_and_not_changed(
    checked: Checked, database: Path, workplace: Path
) -> None:
    before = (database.read_bytes(), database.stat().st_mtime_ns)
    found = checked()["MLflow"]
    assert (found["state"], found["found"]) == ("good", "mlflow.db is there and can be written")
    assert (database.read_bytes(), database.stat().st_mtime_ns) == before
    assert list(workplace.iterdir()) == [database]


def test_a_database_of_another_mlflow_is_missing_and_comparing_says_so_in_one_line(
    checked: Checked, tracker: Tracker, database: Path
) -> None:
    with closing(sqlite3.connect(database)) as store, store:
        store.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
    found = checked()["MLflow"]
    assert (found["state"], found["found"]) == ("missing", "mlflow.db was made by another version of MLflow")
    assert f"mlflow db upgrade sqlite:///{database}" in found["advice"]
    told = tracker("compare", "--experiment", "any")
    assert told.code == 1
    *_, last = told.err.splitlines()
    assert last.startswith("tracker: mlflow.db must answer, but it was made by another version of MLflow")


def test_a_file_that_is_no_database_is_missing(checked: Checked, workplace: Path) -> None:
    (workplace / "mlflow.db").write_text("a table of patients" * 100)
    found = checked()["MLflow"]
    assert found["state"] == "missing"
    assert found["found"] == "mlflow.db is no database but some other file"


def test_a_database_of_something_else_is_a_warning_and_gets_no_tables(
    checked: Checked, workplace: Path
) -> None:
    with closing(sqlite3.connect(workplace / "mlflow.db")) as other, other:
        other.execute("CREATE TABLE patients (name TEXT)")
    before = (workplace / "mlflow.db").read_bytes()
    found = checked()["MLflow"]
    assert found["state"] == "warning"
    assert "a database of something else" in found["found"]
    assert (workplace / "mlflow.db").read_bytes() == before


def test_a_locked_database_is_a_warning(checked: Checked, database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        found = checked()["MLflow"]
    assert (found["state"], found["found"]) == ("warning", "mlflow.db is locked by another process")


def test_a_database_in_a_folder_that_cannot_be_written_to_is_missing(checked: Checked) -> None:
    found = checked("--tracking-uri", "sqlite:////proc/mlflow.db")["MLflow"]
    assert found["state"] == "missing"
    assert found["found"].startswith("/proc/mlflow.db cannot be written (/proc: ")
