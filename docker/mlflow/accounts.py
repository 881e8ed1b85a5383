#!/usr/bin/env python3
"""Adds, lists and removes the accounts of people: `accounts add anna`, inside the server's container.

It works on the database of the accounts, whose password the container has; no account is needed for it.
"""

import argparse
import secrets

from mlflow.exceptions import MlflowException
from mlflow.server.auth.config import read_auth_config
from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore


def open_accounts() -> SqlAlchemyStore:
    """Open the database of the accounts."""
    accounts = SqlAlchemyStore()
    accounts.init_db(read_auth_config().database_uri)
    return accounts


def ensure(accounts: SqlAlchemyStore, name: str, password: str, *, admin: bool = False) -> None:
    """Create an account, or give the one that is there this password and these rights."""
    if accounts.has_user(name):
        accounts.update_user(name, password, admin)
    else:
        accounts.create_user(name, password, is_admin=admin)


def do(accounts: SqlAlchemyStore, asked: argparse.Namespace) -> str:
    """Do what was asked for, and return what is to be told."""
    if asked.command == "list":
        return "\n".join(f"{user.username}{' (admin)' * user.is_admin}" for user in accounts.list_users())
    known = accounts.has_user(asked.name)
    if asked.command == "add" and known:
        raise SystemExit(
            f"accounts: {asked.name} has an account; a new password: accounts password {asked.name}"
        )
    if asked.command != "add" and not known:
        raise SystemExit(f"accounts: there is no account {asked.name}; which there are: accounts list")
    if asked.command == "remove":
        accounts.delete_user(asked.name)
        return f"{asked.name} is removed; the password can work {read_auth_config().auth_cache_ttl_seconds} s longer"
    password = secrets.token_urlsafe(18)
    admin = asked.admin if asked.command == "add" else accounts.get_user(asked.name).is_admin
    ensure(accounts, asked.name, password, admin=admin)
    return f"export MLFLOW_TRACKING_USERNAME={asked.name}\nexport MLFLOW_TRACKING_PASSWORD={password}"


def parse() -> argparse.Namespace:
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
    return parser.parse_args()


if __name__ == "__main__":
    try:
        print(do(open_accounts(), parse()))
    except MlflowException as error:
        raise SystemExit(f"accounts: {error.message}") from None
