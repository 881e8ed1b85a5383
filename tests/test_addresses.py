"""An account in an address: found whatever its letters are, and never shown."""

from __future__ import annotations

import pytest

from tracker.addresses import Account, shown, split_account, typed_again, what_to_set, without_accounts


@pytest.mark.parametrize(
    ("address", "bare", "account"),
    [
        ("http://server:5000/team", "http://server:5000/team", Account()),
        ("http://me:pw@server:5000/team", "http://server:5000/team", Account("me", "pw")),
        ("HTTPS://me:pw@Server", "HTTPS://Server", Account("me", "pw")),
        ("http://me@server", "http://server", Account("me")),
        ("http://me:p%40%2Fw@server", "http://server", Account("me", "p@/w")),
        ("http://me:p@w@server", "http://server", Account("me", "p@w")),
        ("http://me:p/w@server:5000", "http://server:5000", Account("me", "p/w")),
        ("http://me:p#w?@server", "http://server", Account("me", "p#w?")),
        ("http://me:pw@[fe80::1]:5000", "http://[fe80::1]:5000", Account("me", "pw")),
        ("http://[fe80::1]:5000/a@b", "http://[fe80::1]:5000/a@b", Account()),
        ("http://server/team@ward", "http://server/team@ward", Account()),
        ("http://me:pw@server/team@ward", "http://server/team@ward", Account("me", "pw")),
        ("http://me:12/3@server", "http://server", Account("me", "12/3")),
        ("http://me.and.you:12/3@server:5000/a", "http://server:5000/a", Account("me.and.you", "12/3")),
        ("http://me:2024/pw@server", "http://server", Account("me", "2024/pw")),
        ("http://me:12/@server", "http://server", Account("me", "12/")),
        ("http://me:12?3@server", "http://server", Account("me", "12?3")),
        ("postgresql://me:12/3@server/db", "postgresql://me@server/db", Account("me", "12/3")),
        ("http://me:pw@server:5000/a@b", "http://server:5000/a%40b", Account("me", "pw")),
        ("http://server:5000/@team", "http://server:5000/@team", Account()),
        ("http://server.org:5000/team@ward", "http://server.org:5000/team@ward", Account()),
        ("http://localhost:5000/team@ward", "http://localhost:5000/team@ward", Account()),
        ("postgresql://db:5432/s?options=x@y", "postgresql://db:5432/s?options=x@y", Account()),
        ("postgresql://me:pw@server/studies", "postgresql://me@server/studies", Account("me", "pw")),
        ("postgresql+psycopg://me@server/studies", "postgresql+psycopg://me@server/studies", Account("me")),
        (
            "postgresql://server/s?user=me&password=pw&sslmode=require",
            "postgresql://server/s?user=me&sslmode=require",
            Account("", "pw"),
        ),
        ("postgresql:///studies", "postgresql:///studies", Account()),
        ("sqlite:////home/me:pw@ward/mlflow.db", "sqlite:////home/me:pw@ward/mlflow.db", Account()),
        ("databricks", "databricks", Account()),
    ],
)
def test_an_account_is_split_off(address: str, bare: str, account: Account) -> None:
    assert split_account(address) == (bare, account)
    assert typed_again(bare) == bare
    assert "pw" not in repr(account)


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("http://me:pw@server:5000/team", "http://server:5000/team"),
        ("http://me:p/w@server", "http://server"),
        ("http://me:12/3@server", "http://server"),
        ("https://me:pw@server/@team/mlflow", "https://server/@team/mlflow"),
        ("me:pw@server:5000", "server:5000"),
        ("postgresql://me:pw@server/studies?password=pw", "postgresql://server/studies"),
        ("http://server/?token=pw", "http://server/"),
        ("mlruns", "mlruns"),
    ],
)
def test_what_anyone_may_see_holds_no_account(address: str, seen: str) -> None:
    assert shown(address) == seen


def test_it_is_said_which_variables_take_what_is_left_out() -> None:
    server, database = "http://me:pw@server", "postgresql://me:pw@server/studies"
    both = "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
    assert what_to_set(server, None) == f"the account is left out of commands: set {both}"
    assert what_to_set(server, database).endswith(f"set {both}, PGPASSWORD")
    assert what_to_set(database).endswith("set PGPASSWORD")
    assert what_to_set("postgresql+psycopg://me:pw@server/studies").endswith("set PGPASSWORD")
    assert what_to_set("mysql+pymysql://me:pw@server/studies") == "the account is left out of commands"
    assert what_to_set("http://server", "postgresql://me@server/studies", None) == ""


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("--model must be models:/NAME@ALIAS", "--model must be models:/NAME@ALIAS"),
        ("models:/tb@champion, of http://me:pw@host", "models:/tb@champion, of http://host"),
        ("no folder http:/me:pw@host", "no folder http:/host"),
    ],
)
def test_the_alias_of_a_model_is_no_account(said: str, shown: str) -> None:
    assert without_accounts(said) == shown
