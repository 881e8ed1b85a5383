"""A PostgreSQL server for tests: a database of its own in a folder of its own, on a free port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers import HOST, free_port

START_S = 60.0
_USER = "postgres"


def postgres_programs() -> Path | None:
    """Return the folder of `initdb` and `postgres`, or None where PostgreSQL is not installed."""
    found = shutil.which("postgres")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def missing_for_postgres() -> str:
    """Say why no PostgreSQL can be started here; empty where one can."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed"
    if postgres_programs() is None:
        return "PostgreSQL is not installed"
    return "" if os.getuid() or _has_user() else f"PostgreSQL refuses to run as root, and has no user {_USER}"


@contextmanager
def running_postgres() -> Iterator[str]:
    """Run a server as long as the block lasts, and give its address for MLflow."""
    programs = postgres_programs()
    assert programs is not None
    # Not below pytest's folder, which other users cannot enter.
    with tempfile.TemporaryDirectory(prefix="tracker-postgres-", ignore_cleanup_errors=True) as folder:
        if not os.getuid():
            shutil.chown(folder, _USER)
        data, port = f"{folder}/data", free_port()
        subprocess.run(
            [
                programs / "initdb",
                "-D",
                data,
                "-U",
                "mlflow",
                "-A",
                "trust",
                "--no-sync",
                "-E",
                "UTF8",
                "--locale",
                "C",
            ],
            **_as_user(folder),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        command = [programs / "postgres", "-D", data, "-p", str(port), "-k", folder, "-h", HOST]
        with (Path(folder) / "log").open("wb") as log:
            server = subprocess.Popen(
                command, **_as_user(folder), stdout=log, stderr=log, start_new_session=True
            )
        try:
            _wait_until_it_answers(server, port)
            yield f"postgresql+psycopg://mlflow@{HOST}:{port}/postgres"
        finally:
            # Its quick end: connections are cut.
            server.send_signal(signal.SIGINT)
            server.wait(START_S)


def _wait_until_it_answers(server: subprocess.Popen[bytes], port: int) -> None:
    import psycopg

    deadline = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(host=HOST, port=port, user="mlflow", dbname="postgres").close()
        except psycopg.OperationalError:
            assert server.poll() is None, "PostgreSQL did not start"
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.1)
        else:
            return


def _as_user(folder: str) -> dict[str, Any]:
    if os.getuid():
        return {"cwd": folder}
    return {"cwd": folder, "user": _USER, "group": pwd.getpwnam(_USER).pw_gid, "extra_groups": []}


def _has_user() -> bool:
    try:
        pwd.getpwnam(_USER)
    except KeyError:
        return False
    return True


@pytest.fixture
def postgres() -> Iterator[str]:
    """The address of an empty PostgreSQL database, where one can be had."""
    if reason := missing_for_postgres():
        pytest.skip(reason)
    with running_postgres() as address:
        yield address
