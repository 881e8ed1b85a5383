#!/usr/bin/env python3
"""Brings MLflow's databases to the schema of this version, makes the bucket, and becomes its server.

Whoever holds a lock of the database does the former; a second server that starts at the same time waits for
it, and then finds nothing to do. Arguments are handed on to `mlflow server`.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from accounts import ensure, open_accounts
from mlflow.cli import cli as mlflow
from mlflow.server.auth.cli import commands as auth
from mlflow.server.auth.config import read_auth_config
from schemas import check_database

LOCK = 5000


@contextmanager
def alone(database: str) -> Iterator[None]:
    """Hold a lock of the database as long as the block lasts."""
    # Without a transaction: some migrations wait for the end of those that others have open.
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield


def prepare(tracking: str) -> None:
    """Create or change the tables of both databases, and set the passwords that the environment has."""
    config = read_auth_config()
    if not config.admin_username or not config.admin_password:
        raise SystemExit("MLFLOW_AUTH_ADMIN_PASSWORD must be set: docker/secrets makes it")
    check_database("mlflow", tracking)
    check_database("auth", config.database_uri)
    mlflow(["db", "upgrade", tracking], standalone_mode=False)
    auth(["db", "upgrade", "--url", config.database_uri], standalone_mode=False)
    accounts = open_accounts()
    # They are the environment's, whatever they were: so they can be changed, and a backup restored elsewhere.
    ensure(accounts, config.admin_username, config.admin_password, admin=True)
    ensure(accounts, os.environ["TRACKER_USERNAME"], os.environ["TRACKER_PASSWORD"])


def clear(folder: Path) -> None:
    """Remove what a server that was killed left of artifacts on their way."""
    for left in folder.glob("tmp*"):
        shutil.rmtree(left, ignore_errors=True)


if __name__ == "__main__":
    clear(Path(tempfile.gettempdir()))
    tracking = os.environ["MLFLOW_BACKEND_STORE_URI"]
    with alone(tracking):
        prepare(tracking)
        if (artifacts := os.environ.get("MLFLOW_ARTIFACTS_DESTINATION", "")).startswith("s3:"):
            from bucket import make_bucket

            make_bucket(artifacts)
    if not os.environ.get("MLFLOW_S3_ENDPOINT_URL"):
        # Amazon's own store: MLflow would take an empty address for one.
        os.environ.pop("MLFLOW_S3_ENDPOINT_URL", None)
    os.execvp("mlflow", ["mlflow", "server", "--app-name", "basic-auth", *sys.argv[1:]])
