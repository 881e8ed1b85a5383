from __future__ import annotations

import sqlite3
import sys
import threading
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
import sqlalchemy
from filelock import FileLock

from tests.support.servers import free_port
from tracker.errors import TuningError
from tracker.search.storage import database_file, open_storage

OPEN = (
    "import sys; from tracker.search.storage import open_storage\n"
    "print(open_storage(sys.argv[1]).get_all_studies())"
)


def opened_at_once(url: str, processes: int) -> list[str]:
    started = [Popen([sys.executable, "-c", OPEN, url], stdout=PIPE, text=True) for _ in range(processes)]
    return [process.communicate()[0] for process in started]


def refusal(url: str) -> str:
    with pytest.raises(TuningError) as caught:
        open_storage(url)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_fresh_file_is_made_with_its_folder(storage: str) -> None:
    opened = open_storage(storage)
    assert opened.get_all_studies() == []
    assert (opened.heartbeat_interval, opened.grace_period) == (5, 20)
    opened.engine.dispose()
    file = database_file(storage)
    assert file is not None
    assert file.exists()


def test_a_file_is_opened_by_one_process_at_a_time(storage: str) -> None:
    file = database_file(storage)
    assert file is not None
    opened = []
    opening = threading.Thread(target=lambda: opened.append(open_storage(storage)))
    with FileLock(f"{file}-lock"):
        opening.start()
        opening.join(1.0)
        assert not file.exists()
    opening.join()
    assert opened[0].get_all_studies() == []
    opened[0].engine.dispose()


def test_three_processes_open_a_fresh_file_at_once(storage: str) -> None:
    assert opened_at_once(storage, 3) == ["[]\n"] * 3


@pytest.mark.slow
def test_six_processes_open_a_fresh_postgresql_database_at_once(postgres: str) -> None:
    assert opened_at_once(postgres, 6) == ["[]\n"] * 6


@pytest.mark.slow
def test_the_driver_that_is_there_is_used(postgres: str) -> None:
    opened = open_storage(postgres.replace("+psycopg", ""))
    assert opened.engine.driver == "psycopg"
    opened.engine.dispose()


def test_a_transaction_of_an_sqlite_file_keeps_other_writers_out_from_its_start(storage: str) -> None:
    opened = open_storage(storage)
    other = sqlite3.connect(str(database_file(storage)), timeout=0)
    with (
        opened.engine.connect() as connection,
        connection.begin(),
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE").close()
    other.close()
    opened.engine.dispose()


@pytest.mark.parametrize(
    "url", ["studies.db", "", "sqlite://", "sqlite:///:memory:", "://", "postgresql://u:geheim@h:x/d"]
)
def test_what_is_no_database_is_refused(url: str) -> None:
    line = refusal(url)
    assert "sqlite:///studies.db or postgresql://USER@HOST/NAME" in line
    assert "--study-storage" in line
    assert "geheim" not in line


@pytest.mark.parametrize(
    "url", ["oracle+nothing://u:geheim@h/d", "mysql+pymysql://u:geheim@h/d", "postgres://u:geheim@h/d"]
)
def test_a_driver_that_is_missing_is_named(url: str) -> None:
    line = refusal(url)
    assert repr(url.partition(":")[0]) in line
    assert "nstall it" in line
    assert "geheim" not in line


@pytest.mark.slow
def test_a_password_is_taken_from_the_variable_of_the_driver_and_a_wrong_one_is_not_told(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = sqlalchemy.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql("ALTER USER mlflow PASSWORD 'geheim-42'")
        rules = Path(str(connection.exec_driver_sql("SHOW hba_file").scalar()))
        rules.write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    server.dispose()
    for password in ("", "wrong-99"):
        line = refusal(postgres.replace("mlflow@", f"mlflow:{password}@") if password else postgres)
        assert line.endswith("PGPASSWORD holds it for PostgreSQL.")
        assert "wrong-99" not in line
    monkeypatch.setenv("PGPASSWORD", "geheim-42")
    opened = open_storage(postgres)
    assert opened.get_all_studies() == []
    opened.engine.dispose()


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    line = refusal(f"postgresql+psycopg://me:geheim@127.0.0.1:{free_port()}/studies?password=geheim")
    assert "postgresql+psycopg://me:***@127.0.0.1" in line
    assert "efused" in line
    assert "geheim" not in line


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("Dear diary, " * 100)
    assert "file is not a database" in refusal(f"sqlite:///{tmp_path}/notes.db")


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "studies").write_text("")
    assert "cannot" in refusal(f"sqlite:///{tmp_path}/studies/studies.db")


def test_tables_of_another_program_are_refused(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "mlflow.db")
    database.executescript(
        "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('x')"
    )
    database.close()
    assert "a database of its own" in refusal(f"sqlite:///{tmp_path}/mlflow.db")
