from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from tests.support.arms import small
from tracker.errors import TuningError
from tracker.search import storage as patience
from tracker.search.storage import patiently
from tracker.search.study import ArmStudy


def away() -> OperationalError:
    return OperationalError("SELECT 1", {}, sqlite3.OperationalError("database is locked"))


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_PAUSE_S", 0.001)


def test_a_database_that_is_away_for_a_moment_is_asked_again() -> None:
    answers = [away(), away(), 7]

    def ask() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert patiently(ask) == 7


def test_a_database_that_stays_away_is_one_line(storage: str) -> None:
    with ArmStudy(small(storage)) as study:
        with study._storage.engine.connect() as connection:
            connection.exec_driver_sql("ALTER TABLE trials RENAME TO hidden")
            connection.commit()
        with pytest.raises(
            TuningError, match=r"^the storage of the study must answer, .*no such table: trials.*"
        ):
            study.standing()
        with study._storage.engine.connect() as connection:
            connection.exec_driver_sql("ALTER TABLE hidden RENAME TO trials")
            connection.commit()
        assert study.standing().running == 0
