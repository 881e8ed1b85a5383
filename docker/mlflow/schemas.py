#!/usr/bin/env python3
"""Tells whether this MLflow knows the schemas of databases: `schemas mlflow=dc11669786a5`."""

import sys
from importlib.metadata import version
from pathlib import Path

import mlflow
from alembic.script import ScriptDirectory
from alembic.util import CommandError

FOLDERS = {"mlflow": "store/db_migrations", "auth": "server/auth/db/migrations"}


def check(database: str, schema: str) -> None:
    """End where the schema is not of this MLflow's past: then it is of a newer one."""
    folder = Path(mlflow.__file__).parent / FOLDERS[database]
    try:
        ScriptDirectory(str(folder)).get_revision(schema)
    except CommandError:
        raise SystemExit(
            f"the schema {schema} of the database {database} is newer than this MLflow {version('mlflow')}"
        ) from None


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        check(*argument.split("=", 1))
