#!/usr/bin/env python3
"""Tells whether this MLflow knows the schemas of databases: `schemas mlflow=dc11669786a5`."""

import sys
from importlib.metadata import version
from pathlib import Path

import mlflow
import psycopg
from alembic.script import ScriptDirectory
from alembic.util import CommandError

FOLDERS = {"mlflow": "store/db_migrations", "auth": "server/auth/db/migrations"}
TABLES = {"mlflow": "alembic_version", "auth": "alembic_version_auth"}


def check(database: str, schema: str) -> None:
    """End where the schema is not of this MLflow's past: then it is of a newer one."""
    folder = Path(mlflow.__file__).parent / FOLDERS[database]
    try:
        ScriptDirectory(str(folder)).get_revision(schema)
    except CommandError:
        raise SystemExit(
            f"the schema {schema} of the database {database} is newer than this MLflow {version('mlflow')}: "
            "take the newer one, or go back to a backup: docker/restore --aside FOLDER"
        ) from None


def check_database(database: str, address: str) -> None:
    """End where a database is of a newer MLflow; a new one has no schema yet."""
    with psycopg.connect(address.replace("+psycopg", "")) as connection:
        table = TABLES[database]
        [found] = connection.execute("SELECT to_regclass(%s)", [table]).fetchone() or [None]
        for (schema,) in connection.execute(f"SELECT version_num FROM {table}") if found else []:
            check(database, schema)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        check(*argument.split("=", 1))
