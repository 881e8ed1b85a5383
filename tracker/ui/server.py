"""MLflow's own UI over the embedded store, for this machine only."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from tracker.errors import TrackingError, UsageError
from tracker.interruption import Interruption
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.environment import server_environment
from tracker.tracking.backend.uri import (
    artifact_folder,
    as_mlflow_takes_it,
    database_file,
    describe,
    require_store,
)
from tracker.ui.pages import Pages, find_pages

HOST = "127.0.0.1"
_START_S = 60.0
_STOP_S = 5.0


def ui_command(uri: str, port: int) -> tuple[list[str], dict[str, str]]:
    """Return the command that serves an embedded store, and its whole environment.

    Args:
        uri: As `resolve_uri` gives it.
        port: 1 to 65535.

    Raises:
        TrackingError: It is not an embedded store, or not there.
    """
    database = database_file(uri)
    if database is None:
        raise TrackingError(
            "tracker ui must have an embedded store to serve",
            but="runs are tracked on a server, which has a UI of its own",
            do=f"Open it in a browser: {describe(uri)}",
        )
    require_store(uri)
    artifacts = artifact_folder(database)
    command = [sys.executable, "-P", "-m", "mlflow", "server", "--host", HOST, "--port", str(port)]
    # One worker: MLflow's default of four takes 2.3 GB and ten seconds to start.
    command += ["--workers", "1", "--backend-store-uri", as_mlflow_takes_it(uri)]
    # Where the embedded store keeps artifacts, also for experiments that are made in the UI: a client that
    # opens the database itself cannot follow the server's own `mlflow-artifacts:` addresses.
    command += ["--default-artifact-root", artifacts.as_uri(), "--artifacts-destination", artifacts.as_uri()]
    return command, os.environ | server_environment()


def run_ui(uri: str, port: int, *, experiment: str | None = None, ready: Callable[[Pages], None]) -> None:
    """Serve MLflow's UI until Ctrl-C, SIGTERM or the terminal's end; the server and its worker end with it.

    A tracking server has a UI of its own: then only addresses are given.

    Args:
        uri: As `resolve_uri` gives it.
        port: 1 to 65535.
        experiment: The experiment to show first; None: the one that was tracked last.
        ready: Called once with the pages to look at, as soon as the UI answers.

    Raises:
        TrackingError: There is no store to serve, no such experiment, or the server did not start.
        UsageError: The port is taken.
    """
    if database_file(uri) is None:
        ready(_pages_of_server(uri, experiment))
        return
    command, environment = ui_command(uri, port)
    _require_free(port)
    address = f"http://{HOST}:{port}"
    interruption = Interruption()
    # The server has a session of its own: it would go on when the terminal is closed.
    with tempfile.TemporaryFile() as output, interruption.taking_signals(), interruption.taking_hangups():
        server = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            # It imports MLflow, while the server does the same.
            open_client(address)
            wait_until_ready(server, address, output)
            ready(find_pages(address, experiment=experiment, ours=True))
            server.wait()
        except KeyboardInterrupt:
            return
        finally:
            stop_group(server)
        raise _ended(output)


def _pages_of_server(uri: str, experiment: str | None) -> Pages:
    if not uri.startswith("http"):
        return Pages(describe(uri))
    try:
        found = find_pages(uri, experiment=experiment, ours=False)
    except TrackingError as error:
        if experiment is not None:
            raise
        # A browser has accounts and certificates of its own.
        _, but, do, *_ = error.args
        return Pages(describe(uri), problem=f"{but}. {do}")
    return found


def stop_group(server: subprocess.Popen[bytes]) -> None:
    """End a server that was started in a session of its own, with its workers.

    Ending only the `mlflow server` process leaves its uvicorn child answering.

    Args:
        server: The process that leads the group.
    """
    for kind in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(server.pid, kind)
        with suppress(subprocess.TimeoutExpired):
            server.wait(_STOP_S)


def free_port() -> int:
    """Find a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        # Otherwise the port counts as taken for a minute after the last server on it.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UsageError(
                f"port {port} must be free on this machine",
                but=f"it is not ({error.strerror})",
                do=f"Take another one: tracker ui --port {free_port()}",
            ) from None


def wait_until_ready(server: subprocess.Popen[bytes], address: str, output: IO[bytes]) -> None:
    """Wait until a server answers.

    Args:
        server: Its process.
        address: Where it will answer.
        output: What it prints.

    Raises:
        TrackingError: It ended, or does not answer within a minute; gives what it said last.
    """
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise _ended(output)


def _ended(output: IO[bytes]) -> TrackingError:
    output.seek(0)
    last = output.read().decode(errors="replace").splitlines()[-10:]
    return TrackingError(
        "MLflow's server must run until it is told to end",
        but="it did not",
        do="What it said last:",
        details=last,
    )
