"""Journals of one server under several forms of its address."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.recorded import Start
from tracker.tracking.shipping.destinations import address_forms, destinations, runs_for

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
