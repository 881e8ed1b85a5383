from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url

from tracker.errors import TrackingError
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.typed_address import normalized
from tracker.tracking.backend.uri import (
    as_mlflow_takes_it,
    database_file,
    describe,
    initialize_embedded,
    require_store,
    resolve_uri,
)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_without_a_word_the_store_is_a_file_in_the_current_folder(tmp_path: Path) -> None:
    assert resolve_uri() == f"sqlite:///{tmp_path}/mlflow.db"


def test_the_option_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://server:5000")
    assert resolve_uri() == "http://server:5000"
    assert resolve_uri("sqlite:///runs/a.db") == f"sqlite:///{tmp_path}/runs/a.db"
    assert resolve_uri("sqlite:////data/a.db") == "sqlite:////data/a.db"


@pytest.mark.parametrize(
    "uri",
    [
        *("./mlruns", "mlruns", "file:///tmp/mlruns", "sqlite://", "sqlite:///:memory:"),
        *("localhost:5000", "me:secret@server:5000", "//me:secret@server", "file://me:secret@server/runs"),
        *("sqlite:///", "sqlite://mlflow.db", "sqlite:mlflow.db", "sqlite:////data/", "sqlite:////tmp"),
        *(
            "sqlite:///file:m.db",
            "sqlite:///m.db?timeout=60",
            "sqlite:///a\nb.db",
            "http://server:5000\x1b[31m",
        ),
        *("htp://server:5000", "redis://server:5000", "https//server", "http:server", "mlserver/mlflow"),
    ],
)
def test_a_folder_or_a_database_in_memory_is_refused(uri: str) -> None:
    with pytest.raises(TrackingError, match="database file") as caught:
        resolve_uri(uri)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "typed",
    [
        *("http://server:5000", "http://server:5000/", "HTTP://SERVER:5000//", "http://Server:5000"),
    ],
)
def test_every_form_of_an_address_is_the_same_server(typed: str) -> None:
    assert resolve_uri(typed) == normalized(typed) == "http://server:5000"


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("https://SERVER:5000/Team/A/", "https://server:5000/Team/A"),
        ("https://Me:Secret@SERVER:5000/Team/A/", "https://server:5000/Team/A"),
        ("postgresql://Me:Secret@Server/Runs", "postgresql://Me@Server/Runs"),
        ("http://server:80/", "http://server"),
        ("https://server:443", "https://server"),
        ("https://server:80", "https://server:80"),
        ("http://[FE80::1]:5000/", "http://[fe80::1]:5000"),
        ("http://server:5000/?Team=A", "http://server:5000"),
        ("http://server:5000/#/experiments/3/runs?compareRunsMode=CHART", "http://server:5000"),
        ("http://server/mlflow/#/experiments/3", "http://server/mlflow"),
        ("postgresql://Me@Server/Runs/", "postgresql://Me@Server/Runs/"),
        ("sqlite:////Data/A.db", "sqlite:////Data/A.db"),
        ("databricks", "databricks"),
    ],
)
def test_only_what_is_plainly_the_same_is_changed(typed: str, same: str) -> None:
    assert normalized(typed) == same
    assert normalized(same) == same


@pytest.mark.parametrize(
    "typed",
    ["http://", "http:///x", "http:/server:5000", "http://server:port", "http://ser ver", "http://[::1"],
)
def test_the_address_of_a_server_without_a_host_is_refused(typed: str) -> None:
    with pytest.raises(TrackingError, match="must be http:// or https://, its host and its port, but it is"):
        resolve_uri(typed)


@pytest.mark.parametrize(
    "typed", ["localhost:5000", "10.0.0.7:5000/x", "ml.hospital.org", "//ml.hospital.org:80"]
)
def test_a_server_without_its_scheme_is_told_what_to_type(typed: str) -> None:
    with pytest.raises(TrackingError, match=f"If it is a server, type http://{typed.removeprefix('//')}\\. "):
        resolve_uri(typed)


def test_what_stands_behind_the_name_of_a_file_is_named() -> None:
    with pytest.raises(TrackingError, match=r"has \?timeout=60 behind the file's name"):
        resolve_uri("sqlite:///m.db?timeout=60")


@pytest.mark.parametrize(
    "typed",
    ["sqlite:///runs/m.db", "SQLite:///runs/m.db", "sqlite+pysqlite:///runs/m.db", " sqlite:///./runs/m.db "],
)
def test_every_form_of_a_path_is_the_same_file(typed: str, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "link").symlink_to("runs")
    same = f"sqlite:///{tmp_path}/runs/m.db"
    assert resolve_uri(typed) == resolve_uri(same) == resolve_uri("sqlite:///link/m.db") == same


@pytest.mark.parametrize("name", ["a%20b", "100 %", "a?b=c", "ä#b", "%2e%2e"])
def test_a_folder_is_called_in_an_address_what_it_is_called(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.chdir(folder)
    uri = resolve_uri()
    assert database_file(uri) == folder / "mlflow.db"
    assert resolve_uri(uri) == uri
    assert make_url(as_mlflow_takes_it(uri)).database == str(folder / "mlflow.db")


def test_escaped_letters_in_a_typed_address_are_read() -> None:
    assert resolve_uri("sqlite:////data/a%20study/m.db") == "sqlite:////data/a study/m.db"


def test_a_user_sees_no_password() -> None:
    assert describe("https://me:secret@server:5000/x") == "https://server:5000/x"
    assert describe(resolve_uri()) == "mlflow.db"


def test_reading_a_store_that_is_not_there_creates_nothing(tmp_path: Path) -> None:
    with pytest.raises(
        TrackingError,
        match=r"no such file, so there are no runs here\. Go where they were made, or make some: tracker run",
    ):
        require_store(resolve_uri())
    assert list(tmp_path.iterdir()) == []


def test_a_new_database_waits_for_the_disk_once_and_not_with_each_table(tmp_path: Path) -> None:
    waits: set[int] = set()

    def returned(connection: sqlite3.Connection, _record: object) -> None:
        waits.add(connection.execute("PRAGMA synchronous").fetchone()[0])

    event.listen(Engine, "checkin", returned)
    try:
        assert initialize_embedded(resolve_uri())
        assert waits == {0}
        open_client(resolve_uri()).search_experiments()
        assert waits > {0}
    finally:
        event.remove(Engine, "checkin", returned)


@pytest.mark.slow
def test_four_processes_make_one_whole_database(tmp_path: Path) -> None:
    uri = resolve_uri()
    program = (
        "import sys; from tracker.tracking.backend.uri import initialize_embedded as make\n"
        "from tracker.tracking.backend.client import open_client\n"
        "made = make(sys.argv[1]); client = open_client(sys.argv[1])\n"
        "client.search_experiments(); print(made)"
    )
    command = [sys.executable, "-c", program, uri]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = sorted(process.communicate()[0] for process in processes)
    assert said == ["False\n", "False\n", "False\n", "True\n"]
    assert not (tmp_path / "mlflow.db-new").exists()
    assert initialize_embedded(uri) is False
