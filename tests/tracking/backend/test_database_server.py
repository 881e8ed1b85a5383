"""A database server in the place of an MLflow server is tried once, and told of in one line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.exc import OperationalError

from tests.support.command import Outcome
from tests.support.servers import free_port
from tests.support.workplace import shared_cache, tracker, workplace
from tracker.errors import TrackingError
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.database_server import _engine, connect_once, require_driver
from tracker.tracking.backend.failures import problem_of

__all__ = ["shared_cache", "tracker", "workplace"]


def test_a_server_that_is_not_there_is_asked_once() -> None:
    address = f"postgresql+psycopg://me:secret@127.0.0.1:{free_port()}/runs"
    with pytest.raises(OperationalError) as caught:
        open_client(address)
    assert "nothing listens at its port (connection refused)" in problem_of(caught.value, "the store")


@pytest.mark.parametrize("address", ["mysql://me:secret@h/runs", "mssql+pyodbc://me:secret@h/runs"])
def test_a_driver_that_is_missing_is_told_before_anything_is_trained(
    address: str, tracker: Callable[..., Outcome]
) -> None:
    for command in (["run", "--dataset", "phantom"], ["compare"], ["tune", "--dataset", "phantom"]):
        told = tracker(*command, "--tracking-uri", address)
        assert (told.code, told.err.count("\n")) == (1, 1)
        assert "the driver of a database must be installed to track in" in told.err
        assert "secret" not in told.out + told.err


@pytest.mark.parametrize("address", ["http://h:5000", "sqlite:///m.db", "databricks://profile"])
def test_what_is_no_database_server_is_left_alone(address: str) -> None:
    connect_once(address)
    require_driver(address)
    assert _engine(address) is None


def test_an_unknown_kind_of_database_has_no_driver() -> None:
    with pytest.raises(TrackingError, match="driver"):
        require_driver("postgresql+nothing://h/runs")
