"""Journals of one server under several forms of its address."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.recorded import Start
from tracker.addresses import sqlite_address
from tracker.errors import TrackingError
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import Cursor, is_sent, load_cursor, save_cursor
from tracker.tracking.shipping.destinations import (
    address_forms,
    destinations,
    recorded_address,
    runs_for,
)
from tracker.tracking.shipping.redirection import redirect
from tracker.tracking.shipping.unsent import count_unsent

SERVER, TYPED = "http://server:5000", "http://SERVER:5000/"
OTHER = "http://server:5001"


@pytest.fixture(autouse=True)
def runs(start: Start) -> None:
    for run_uid, uri in (("a", SERVER), ("b", TYPED), ("c", OTHER), ("d", "sqlite:////data/mlflow.db")):
        start(uri, run_uid).close()


def test_a_server_is_one_destination_whatever_its_address_was_typed_like(home: Path) -> None:
    assert destinations(home) == [SERVER, OTHER, "sqlite:////data/mlflow.db"]
    assert [run.name for run in runs_for(home, SERVER)] == ["a", "b"]
    assert [run.name for run in runs_for(home, OTHER)] == ["c"]
    assert len(runs_for(home, None)) == 4


def test_the_forms_of_an_address_are_itself_and_those_in_journals(home: Path) -> None:
    assert address_forms(home, SERVER) == [SERVER, TYPED]
    assert address_forms(home, "http://new") == ["http://new"]


def test_a_store_in_the_folder_of_the_home_is_recorded_from_there_on(home: Path, tmp_path: Path) -> None:
    here = sqlite_address(tmp_path / "50 %?" / "mlflow.db")
    assert recorded_address(home, here) == "sqlite:///50 %25%3F/mlflow.db"
    assert recorded_address(home, "sqlite:////data/mlflow.db") == "sqlite:////data/mlflow.db"
    assert recorded_address(home, SERVER) == SERVER


def test_journals_of_a_store_beside_them_are_found_wherever_both_are(
    home: Path, tmp_path: Path, start: Start
) -> None:
    start(recorded_address(home, sqlite_address(tmp_path / "mlflow.db")), "e").close()
    moved = home.rename(tmp_path.joinpath("moved home")) / "below"
    (moved / "home").parent.mkdir()
    (tmp_path / "moved home" / "runs").rename(moved / "runs")
    assert [run.name for run in runs_for(moved, sqlite_address(tmp_path / "moved home" / "mlflow.db"))] == [
        "e"
    ]
    assert runs_for(moved, sqlite_address(tmp_path / "mlflow.db")) == []


def test_a_drive_that_is_not_there_is_no_folder_that_was_moved(
    home: Path, tmp_path: Path, start: Start
) -> None:
    (tmp_path / "mlflow.db").touch()
    start("sqlite:////mnt/drive/mlflow.db", "e").close()
    (run,) = runs_for(home, sqlite_address(tmp_path / "mlflow.db"))[-1:]
    assert run.name == "e", "it was never sent, and nothing says that it belongs elsewhere"
    save_cursor(run, Cursor(run_id="0" * 32))
    assert run not in runs_for(home, sqlite_address(tmp_path / "mlflow.db"))
    assert run in runs_for(home, "sqlite:////mnt/drive/mlflow.db")


def test_a_store_that_was_moved_is_the_one_beside_the_home_while_another_program_locks_it(
    home: Path, tmp_path: Path, start: Start
) -> None:
    start("sqlite:////moved/from/mlflow.db", "e").close()
    here = sqlite_address(tmp_path / "mlflow.db")
    with closing(sqlite3.connect(tmp_path / "mlflow.db", isolation_level=None)) as store:
        store.execute("CREATE TABLE runs (run_uuid TEXT)")
        store.execute("INSERT INTO runs VALUES (?)", ["0" * 32])
        save_cursor(RunFolder(home / "runs" / "e"), Cursor(run_id="0" * 32))
        assert "e" in [run.name for run in runs_for(home, here)]
        store.execute("BEGIN EXCLUSIVE")
        assert "e" in [run.name for run in runs_for(home, here)]


def test_journals_of_a_wrong_address_get_another_one_and_stay_the_same_runs(home: Path, start: Start) -> None:
    wrong = "localhost:5000"
    start(wrong, "e").close()
    assert redirect(home, wrong, "http://localhost:5000/") == "http://localhost:5000"
    assert [run.name for run in runs_for(home, "http://localhost:5000")] == ["e"]
    assert address_forms(home, "http://localhost:5000") == ["http://localhost:5000", wrong]
    with pytest.raises(TrackingError, match="none is meant for localhost:5000"):
        redirect(home, wrong, SERVER)


def test_what_was_sent_is_sent_again_to_where_it_is_redirected(home: Path) -> None:
    (run,) = runs_for(home, OTHER)
    save_cursor(run, Cursor(run_id="1" * 32, offset=run.size()))
    assert is_sent(run)
    redirect(home, OTHER, "sqlite:///../mlflow.db")
    assert load_cursor(run) == Cursor(run_id="1" * 32)
    assert count_unsent(home, SERVER).runs == 2


def test_a_run_at_work_keeps_its_address(home: Path, start: Start) -> None:
    with start(OTHER, "e"), pytest.raises(TrackingError, match="1 run of http://server:5001 is at work"):
        redirect(home, OTHER, SERVER)
    assert len(runs_for(home, OTHER)) == 2
