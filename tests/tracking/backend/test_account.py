"""Which account MLflow's client shows, the same that MLflow itself would."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mlflow.utils.credentials import get_default_host_creds

from tests.support.accounts import give_no_account
from tracker.addresses import Account
from tracker.errors import TrackingError
from tracker.tracking.backend.account import (
    FILE,
    PASSWORD,
    USERNAME,
    given_for,
    showing_account,
    with_account,
)
from tracker.tracking.backend.uri import resolve_uri

SERVER = "http://server:5000"


@pytest.fixture(autouse=True)
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of nobody, without an account; the file that MLflow would read."""
    give_no_account(tmp_path, monkeypatch)
    resolve_uri(SERVER)
    file = tmp_path / ".mlflow" / "credentials"
    file.parent.mkdir()
    return file


def shown_by_mlflow(uri: str, recorded: str = "") -> tuple[str | None, str | None]:
    with showing_account(uri, recorded):
        creds = get_default_host_creds(uri)
    return creds.username, creds.password


def test_what_is_typed_in_the_address_comes_before_variables_and_those_before_the_file(
    credentials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert given_for(SERVER).account == Account()
    credentials.write_text(
        "[mlflow]\nmlflow_tracking_username = fay\nmlflow_tracking_password = of%%the%%file\n"
    )
    assert (given_for(SERVER).account, given_for(SERVER).place) == (Account("fay", "of%the%file"), FILE)
    monkeypatch.setenv(USERNAME, "vera")
    assert given_for(SERVER).account == Account("vera", "of%the%file")
    assert shown_by_mlflow(SERVER) == ("vera", "of%the%file")
    uri = resolve_uri("http://ada:p%40ss@SERVER:5000/")
    assert uri == SERVER
    assert given_for(SERVER).account == Account("ada", "p@ss")
    assert shown_by_mlflow(SERVER) == ("ada", "p@ss")
    assert os.environ[USERNAME] == "vera"
    resolve_uri(SERVER)
    assert given_for(SERVER).account.user == "vera"


def test_an_account_is_shown_to_no_other_server(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_uri("http://ada:secret@server:5000")
    assert shown_by_mlflow("http://other:5000") == (None, None)
    assert with_account("http://other:5000") == "http://other:5000"


def test_an_address_of_an_earlier_version_counts_where_no_other_account_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded = "http://old:secret@server:5000"
    assert shown_by_mlflow(SERVER, recorded) == ("old", "secret")
    monkeypatch.setenv(USERNAME, "vera")
    monkeypatch.setenv(PASSWORD, "new")
    assert shown_by_mlflow(SERVER, recorded) == ("vera", "new")


@pytest.mark.parametrize(
    "typed", ["http://ada:p%40%2Fss@server:5000", "postgresql://ada:p%40%2Fss@server/runs"]
)
def test_another_process_is_given_the_whole_address(typed: str) -> None:
    uri = resolve_uri(typed)
    assert "ss@" not in uri
    assert with_account(uri) == typed


@pytest.mark.parametrize(
    "typed",
    [
        "https://anna:pw@host/@team/mlflow",
        "https://anna:pw@host:5000/@team/mlflow?x=@y",
        "https://anna:pw@host:5000/team@ward",
        "https://anna:p%40w@host/team@ward#a@b",
        "https://anna:12/3@host/@team",
        "postgresql://anna:pw@host/db?options=x@y",
        "postgresql://anna@host/db?password=p@w&options=x@y",
        "mysql+pymysql://anna:pw@host:3306/db@ward",
    ],
)
def test_an_account_goes_back_to_its_place_whatever_else_has_an_at_sign(typed: str) -> None:
    uri = resolve_uri(typed)
    account = given_for(uri).account
    whole = with_account(uri)
    assert whole != uri
    assert resolve_uri(whole) == uri
    assert given_for(uri).account == account
    assert resolve_uri(uri) == uri
    assert with_account(uri) == uri


def test_a_name_alone_is_no_whole_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(USERNAME, "vera")
    assert not given_for(SERVER).whole
    resolve_uri("http://ada@server:5000")
    assert not given_for(SERVER).whole
    monkeypatch.setenv(PASSWORD, "secret")
    assert given_for(SERVER).account == Account("ada", "secret")


@pytest.mark.parametrize(
    "text", ["[mlflow]\nmlflow_tracking_password = 100%geheim\n", "geheim\n", "[x]\ngeheim"]
)
def test_a_file_of_accounts_that_cannot_be_read_is_named_without_what_is_in_it(
    credentials: Path, text: str
) -> None:
    credentials.write_text(text)
    with pytest.raises(TrackingError, match=r"~/\.mlflow/credentials.*%% there") as caught:
        given_for(SERVER)
    assert "geheim" not in str(caught.value)
