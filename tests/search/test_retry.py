from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from tests.support.studies import small_spec
from tracker.errors import TuningError
from tracker.search import retry as retrying
from tracker.search.retry import retry
from tracker.search.storage import open_storage
from tracker.search.study import ArmStudy


def away() -> OperationalError:
    return OperationalError("SELECT 1", {}, sqlite3.OperationalError("database is locked"))


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "FIRST_PAUSE_S", 0.001)


def test_a_database_that_is_away_for_a_moment_is_asked_again() -> None:
    answers = [away(), away(), 7]

    def ask() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert retry(ask) == 7


def test_a_database_that_stays_away_is_one_line(storage: str) -> None:
    engine = open_storage(storage).engine
    with ArmStudy(small_spec(storage)) as study:
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE trials RENAME TO hidden")
        with pytest.raises(
            TuningError, match=r"^the storage of the study must answer, .*no such table: trials.*"
        ):
            study.progress()
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE hidden RENAME TO trials")
        assert study.progress().running == 0
    engine.dispose()
