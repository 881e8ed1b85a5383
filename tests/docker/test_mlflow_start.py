"""The entry point of the MLflow server's image, with the accounts of its own file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from mlflow import MlflowClient

from tests.support.recorded import Start, all_runs, experiment, home, start
from tests.support.servers import HOST, MlflowServer, free_port
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.environment import server_environment
from tracker.tracking.shipping.delivery import deliver

__all__ = ["experiment", "home", "start"]

MLFLOW = Path(__file__).parents[2] / "docker" / "mlflow"
ADMIN, MEMBER = ("admin", "admin-password"), ("anna", "anna-password")
pytestmark = pytest.mark.slow


@dataclass
class Started(MlflowServer):
    """A server that the entry point starts."""

    def launch(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        accounts = self.folder / "basic_auth.ini"
        place = self.database.removesuffix("/postgres")
        own = (MLFLOW / "basic_auth.ini").read_text()
        accounts.write_text(own.replace("postgresql+psycopg://mlflow@postgres", place))
        settings = {
            **server_environment(),
            "MLFLOW_BACKEND_STORE_URI": f"{place}/mlflow",
            "MLFLOW_AUTH_CONFIG_PATH": str(accounts),
            "MLFLOW_AUTH_ADMIN_PASSWORD": ADMIN[1],
            "TRACKER_USERNAME": MEMBER[0],
            "TRACKER_PASSWORD": MEMBER[1],
            "MLFLOW_FLASK_SERVER_SECRET_KEY": "of a test",
        }
        arguments = ["--host", HOST, "--port", str(self.port), "--workers", "1"]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, MLFLOW / "start.py", *arguments],
                cwd=self.folder,
                env={name: value for name, value in os.environ.items() if "MLFLOW" not in name} | settings,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


@pytest.fixture
def servers(postgres: str, tmp_path: Path) -> Iterator[tuple[Started, Started]]:
    """Two servers that start at the same time with the same empty databases."""
    import psycopg

    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as database:
        for name in ("mlflow", "auth"):
            database.execute(f"CREATE DATABASE {name}")
    pair = tuple(Started(tmp_path / name, free_port(), postgres) for name in ("first", "second"))
    try:
        for server in pair:
            server.launch()
        for server in pair:
            server._wait_until_healthy()
        yield pair
    finally:
        for server in pair:
            server.stop()


def as_account(monkeypatch: pytest.MonkeyPatch, uri: str, account: tuple[str, str]) -> MlflowClient:
    for name, value in zip(("USERNAME", "PASSWORD"), account, strict=True):
        monkeypatch.setenv(f"MLFLOW_TRACKING_{name}", value)
    return open_client(uri)


def test_two_servers_that_start_at_once_share_new_databases(
    servers: tuple[Started, Started], monkeypatch: pytest.MonkeyPatch, experiment: str, start: Start
) -> None:
    first, second = servers
    made = as_account(monkeypatch, first.uri, ADMIN).create_experiment(experiment)
    assert requests.get(f"{second.uri}/api/2.0/mlflow/experiments/search", timeout=20).status_code == 401
    # The member may log where another one made the experiment, and may not delete there.
    client = as_account(monkeypatch, second.uri, MEMBER)
    twins = [client.create_run(made, tags={"tracker.run_uid": "a1b2"}).info.run_id for _ in range(2)]
    with start(second.uri) as recorder:
        recorder.metrics({"loss": 0.5}, step=1)
    deliver(client, recorder.folder)
    states = {run.info.run_id: (run.info.status, run.data.metrics) for run in all_runs(client, experiment)}
    assert states == {min(twins): ("FINISHED", {"loss": 0.5}), max(twins): ("KILLED", {})}
    left = client.get_run(max(twins)).data.tags
    assert not [tag for tag in left if tag.startswith("tracker.")]
