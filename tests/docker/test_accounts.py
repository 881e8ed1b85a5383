"""The accounts of people, against MLflow's own store of them: `accounts add anna` and its neighbors."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.repository import ROOT

PROGRAM = ROOT / "docker" / "mlflow" / "accounts.py"
EXPORTS = r"export MLFLOW_TRACKING_USERNAME=(\S+)\nexport MLFLOW_TRACKING_PASSWORD=([\w-]{24})\n"
Accounts = Callable[..., tuple[str, str]]


def settings(database: str, folder: Path) -> dict[str, str]:
    """Write the settings of MLflow's accounts, and return the environment that names them."""
    file = folder / "basic_auth.ini"
    shipped = (ROOT / "docker" / "mlflow" / "basic_auth.ini").read_text(encoding="utf-8")
    file.write_text(re.sub(r"(?m)^database_uri = .*$", f"database_uri = {database}", shipped), "utf-8")
    return {"MLFLOW_AUTH_CONFIG_PATH": str(file), "TRACKER_USERNAME": "tracker"}


@pytest.fixture
def accounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Accounts]:
    """Provide the command, on a database of its own; it returns what was printed and what was refused."""
    for name, value in settings(f"sqlite:///{tmp_path}/accounts.db", tmp_path).items():
        monkeypatch.setenv(name, value)
    specification = importlib.util.spec_from_file_location("accounts", PROGRAM)
    assert specification
    assert specification.loader
    program = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(program)

    def call(*arguments: str) -> tuple[str, str]:
        refused = ""
        try:
            program.main(arguments)
        except SystemExit as end:
            refused = str(end)
        printed = capsys.readouterr()
        assert printed.err == ""
        return printed.out, refused

    yield call
    logging.disable(logging.NOTSET)


def password_of(printed: str) -> str:
    exports = re.fullmatch(EXPORTS, printed)
    assert exports, printed
    return exports[2]


def lets_in(database: Path, name: str, password: str) -> bool:
    """Say whether the server would let someone in."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

        store = SqlAlchemyStore()
        store.init_db(f"sqlite:///{database}")
        return bool(store.authenticate_user(name, password))


def test_a_new_account_is_two_lines_for_a_shell_and_nothing_else(tmp_path: Path) -> None:
    # As a process of its own: what an import or a logger says would stand there, too.
    environment = os.environ | settings(f"sqlite:///{tmp_path}/accounts.db", tmp_path)
    command = [sys.executable, str(PROGRAM), "add", "anna"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert lets_in(tmp_path / "accounts.db", "anna", password_of(done.stdout))


def test_accounts_are_listed_changed_and_removed(accounts: Accounts, tmp_path: Path) -> None:
    database = tmp_path / "accounts.db"
    first = password_of(accounts("add", "anna")[0])
    password_of(accounts("add", "otto@clinic.org", "--admin")[0])
    assert accounts("list") == ("anna\notto@clinic.org (admin)\n", "")
    second = password_of(accounts("password", "anna")[0])
    assert not lets_in(database, "anna", first)
    assert lets_in(database, "anna", second)
    assert accounts("remove", "anna") == ("anna is removed; the password can work 60 s longer\n", "")
    assert not lets_in(database, "anna", second)
    assert accounts("list") == ("otto@clinic.org (admin)\n", "")


def test_a_new_password_keeps_the_rights(accounts: Accounts) -> None:
    accounts("add", "otto", "--admin")
    accounts("password", "otto")
    assert accounts("list") == ("otto (admin)\n", "")


def test_what_cannot_be_is_one_line(accounts: Accounts) -> None:
    accounts("add", "anna")
    assert accounts("add", "anna") == (
        "",
        "accounts: anna has an account; a new password: accounts password anna",
    )
    for command in ("password", "remove"):
        assert accounts(command, "ana") == (
            "",
            "accounts: there is no account ana; which there are: accounts list",
        )
    for name in ("", "anna b", "anna:b", "änna", "$(id)", "anna\n"):
        assert accounts("add", name) == (
            "",
            f"accounts: a name is made of letters, digits and . _ @ + -, but this is {name!r}",
        )
    assert accounts("list") == ("anna\n", "")


@pytest.mark.parametrize(
    ("name", "variable"), [("admin", "MLFLOW_ADMIN_PASSWORD"), ("tracker", "TRACKER_PASSWORD")]
)
@pytest.mark.parametrize("command", ["add", "password", "remove"])
def test_what_the_next_start_would_undo_is_refused(
    accounts: Accounts, command: str, name: str, variable: str
) -> None:
    assert accounts(command, name) == (
        "",
        f"accounts: {name} is the service's own; its password is {variable} in docker/.env",
    )


def test_a_database_that_is_not_there_is_told_at_once(
    accounts: Accounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings("postgresql+psycopg://mlflow@127.0.0.1:9/auth", tmp_path).items():
        monkeypatch.setenv(name, value)
    printed, refused = accounts("list")
    assert printed == ""
    assert refused.startswith("accounts: the database of the accounts does not do it: ")
    assert "\n" not in refused
    assert "refused" in refused


def test_a_database_that_takes_nothing_is_one_line(
    accounts: Accounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts("list")
    read_only = f"sqlite:///file:{tmp_path}/accounts.db?mode=ro&uri=true"
    for name, value in settings(read_only, tmp_path).items():
        monkeypatch.setenv(name, value)
    printed, refused = accounts("add", "anna")
    assert printed == ""
    assert refused.endswith("attempt to write a readonly database")
    assert "\n" not in refused
