"""Whether a store answers and can be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.tracking.asking import Answer, ask
from tracker.tracking.store import initialise_embedded


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("store") / "mlflow.db"
    initialise_embedded(f"sqlite:///{file}")
    return file


def test_a_store_that_can_be_written_is_left_as_it_was(database: Path) -> None:
    before = database.read_bytes()
    assert ask(f"sqlite:///{database}") == Answer()
    assert database.read_bytes() == before


def test_a_store_that_can_only_be_read_has_a_problem_without_the_statement_that_failed(
    database: Path,
) -> None:
    answer = ask(f"sqlite:///file:{database}?mode=ro&uri=true")
    assert answer.failure == "temporary"
    assert answer.problem.endswith("attempt to write a readonly database")
