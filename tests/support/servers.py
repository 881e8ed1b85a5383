"""A real MLflow server for tests: a process group of its own on a free port of this machine."""

from __future__ import annotations

import os
import select
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

HOST = "127.0.0.1"
START_S = 90.0
ADMIN = "admin"
PASSWORD = "correct-horse-battery"


@dataclass
class MlflowServer:
    """A server with its files in a folder; it can be stopped and started again on the same port.

    Its database is a file in that folder, unless it is given another one.
    With `auth` it asks for accounts: at first there is one, ADMIN, who may do everything.
    """

    folder: Path
    port: int
    database: str = ""
    auth: bool = False
    process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        self.launch()
        self._wait_until_healthy()

    def launch(self) -> None:
        """Start the process, and do not wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
        settings |= self._accounts() if self.auth else {}
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(self.port)),
                    *("--workers", "1", "--backend-store-uri", self._database),
                    *("--artifacts-destination", str(self.folder / "artifacts")),
                    *(("--app-name", "basic-auth") if self.auth else ()),
                ],
                cwd=self.folder,
                env={name: value for name, value in os.environ.items() if "MLFLOW" not in name} | settings,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def _database(self) -> str:
        return self.database or f"sqlite:///{self.folder}/mlflow.db"

    def _accounts(self) -> dict[str, str]:
        """Write how accounts are kept; whoever has one may do nothing that is not granted."""
        settings = self.folder / "basic_auth.ini"
        settings.write_text(
            f"[mlflow]\ndefault_permission = NO_PERMISSIONS\ndatabase_uri = sqlite:///{self.folder}/accounts.db\n"
            f"admin_username = {ADMIN}\n"
            "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
            # Otherwise each request takes a quarter of a second.
            "auth_cache_ttl_seconds = 600\n"
        )
        return {
            "MLFLOW_AUTH_CONFIG_PATH": str(settings),
            "MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD,
            "MLFLOW_FLASK_SERVER_SECRET_KEY": "of a test",
        }

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and its worker."""
        assert self.process is not None
        os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """End the server and its worker at once, as a power cut does."""
        assert self.process is not None
        self.signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        if self.process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                self.signal(number)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        self.process = None

    def _wait_until_healthy(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(urllib.error.URLError, OSError):
                urllib.request.urlopen(f"{self.uri}/health", timeout=1).close()
                return
            time.sleep(0.1)
        said = (self.folder / "server.log").read_text()[-2000:]
        self.stop()
        raise AssertionError(f"the MLflow server did not start:\n{said}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_server(folder: Path, database: str = "", *, auth: bool = False) -> Iterator[MlflowServer]:
    """Run a server as long as the block lasts."""
    server = MlflowServer(folder, free_port(), database, auth)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def forwarded(port: int, *, to: int) -> Iterator[None]:
    """Have a port answer as another one does, as long as the block lasts: a server that comes late."""

    class Forward(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((HOST, to)) as server:
                pair = {self.request: server, server: self.request}
                while readable := select.select(list(pair), [], [], 60)[0]:
                    for side in readable:
                        data = side.recv(65536)
                        if not data:
                            return
                        pair[side].sendall(data)

    class Forwarder(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Forwarder((HOST, port), Forward) as forwarder:
        thread = threading.Thread(target=forwarder.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield
        finally:
            forwarder.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """One server for all tests: give each test an experiment of its own, and leave it running."""
    with running_server(tmp_path_factory.mktemp("mlflow-server")) as server:
        yield server
