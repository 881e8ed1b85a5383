#!/usr/bin/env python3
"""Adds, lists and removes the accounts of people: `accounts add anna`, inside the server's container.

It works on the database of the accounts, whose password the container has; no account is needed for it.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import secrets
import shlex
import sys
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

LETTERS = r"[A-Za-z0-9._@+-]+"


def open_accounts() -> SqlAlchemyStore:
    """Open the database of the accounts."""
    import sqlalchemy
    from mlflow.server.auth.config import read_auth_config
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

    database = read_auth_config().database_uri
    # MLflow would try for minutes to reach one that is not there.
    sqlalchemy.create_engine(database).connect().close()
    accounts = SqlAlchemyStore()
    accounts.init_db(database)  # type: ignore[no-untyped-call]
    return accounts


def ensure(accounts: SqlAlchemyStore, name: str, password: str, *, admin: bool = False) -> None:
    """Create an account, or give the one that is there this password and these rights."""
    if accounts.has_user(name):
        accounts.update_user(name, password, admin)
    else:
        accounts.create_user(name, password, is_admin=admin)


def refuse_the_services_own(name: str) -> None:
    """Stop where an account is set at each start of the server, so that a change would not last."""
    from mlflow.server.auth.config import read_auth_config

    own = {
        read_auth_config().admin_username: "MLFLOW_ADMIN_PASSWORD",
        os.environ.get("TRACKER_USERNAME"): "TRACKER_PASSWORD",
    }
    if name in own:
        raise SystemExit(f"accounts: {name} is the service's own; its password is {own[name]} in docker/.env")


def refuse_what_cannot_be(accounts: SqlAlchemyStore, command: str, name: str) -> None:
    """Stop where an account that is to be added is there, or one that is to be changed is not."""
    refuse_the_services_own(name)
    known = accounts.has_user(name)
    if command == "add" and known:
        raise SystemExit(f"accounts: {name} has an account; a new password: accounts password {name}")
    if command == "add" and not re.fullmatch(LETTERS, name):
        raise SystemExit(f"accounts: a name is made of letters, digits and . _ @ + -, but this is {name!r}")
    if command != "add" and not known:
        raise SystemExit(f"accounts: there is no account {name}; which there are: accounts list")


def do(accounts: SqlAlchemyStore, asked: argparse.Namespace) -> str:
    """Do what was asked for, and return what is to be told."""
    from mlflow.server.auth.config import read_auth_config

    if asked.command == "list":
        return "\n".join(f"{user.username}{' (admin)' * user.is_admin}" for user in accounts.list_users())
    refuse_what_cannot_be(accounts, asked.command, asked.name)
    if asked.command == "remove":
        accounts.delete_user(asked.name)
        longer = read_auth_config().auth_cache_ttl_seconds
        return f"{asked.name} is removed; the password can work {longer} s longer"
    password = secrets.token_urlsafe(18)
    admin = asked.admin if asked.command == "add" else accounts.get_user(asked.name).is_admin
    ensure(accounts, asked.name, password, admin=admin)
    return (
        f"export MLFLOW_TRACKING_USERNAME={shlex.quote(asked.name)}\n"
        f"export MLFLOW_TRACKING_PASSWORD={password}"
    )


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="accounts", description="The accounts of MLflow's users.")
    commands = parser.add_subparsers(dest="command", required=True)
    for command, help_text in {
        "add": "create an account, and print its password",
        "password": "give an account a new password, and print it",
        "remove": "remove an account; what it recorded stays",
    }.items():
        commands.add_parser(command, help=help_text).add_argument("name")
    commands.choices["add"].add_argument("--admin", action="store_true", help="who may do everything")
    commands.add_parser("list", help="list all accounts")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> None:
    """Do what a command line asks for; what was wrong is told in one line."""
    asked = parse(arguments)
    # An import warns of MLflow's own code, a database tells of migrations: not for who adds an account.
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        print(do(open_accounts(), asked))
    except (MlflowException, SQLAlchemyError) as error:
        reason = str(error).splitlines()[0]
        raise SystemExit(f"accounts: the database of the accounts does not do it: {reason}") from None


if __name__ == "__main__":
    main(sys.argv[1:])
