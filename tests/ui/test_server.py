from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow.server.constants import (
    ARTIFACT_ROOT_ENV_VAR,
    ARTIFACTS_DESTINATION_ENV_VAR,
    BACKEND_STORE_URI_ENV_VAR,
    SERVE_ARTIFACTS_ENV_VAR,
)

from tests.support.recorded import Start, all_runs, record_all
from tests.support.servers import free_port
from tests.support.warm import children_of
from tracker.errors import TrackingError, UsageError
from tracker.tracking.backend.account import showing_account
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.uri import resolve_uri
from tracker.tracking.shipping.delivery import deliver
from tracker.ui.pages import Pages
from tracker.ui.server import run_ui, ui_command

PATIENCE_S = 30.0
PROGRAM = (
    "import sys; from tracker.ui.server import run_ui\n"
    "run_ui(sys.argv[1], int(sys.argv[2]), ready=lambda pages: print(pages.address, flush=True))"
)


def browser(address: str) -> Callable[[str], bytes]:
    """Open an address as a browser does, which keeps cookies; return what fetches other ones then."""
    opener = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(), urllib.request.ProxyHandler({})
    )

    def fetch(url: str) -> bytes:
        with opener.open(url) as answer:
            return bytes(answer.read())

    assert b"<title>MLflow" in fetch(address)
    return fetch


def arguments_of(pids: list[int]) -> list[str]:
    """Return what every account of a machine can read of processes."""
    return [Path(f"/proc/{pid}/cmdline").read_text() for pid in pids]


def wait_until_closed(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return
        assert time.monotonic() < deadline, "the server goes on listening"
        time.sleep(0.05)


def test_the_command_serves_this_machine_only(database: str) -> None:
    command, environment = ui_command(database, 5001)
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--workers") + 1] == "1"
    assert environment[BACKEND_STORE_URI_ENV_VAR] == database
    assert {
        ARTIFACT_ROOT_ENV_VAR,
        ARTIFACTS_DESTINATION_ENV_VAR,
        SERVE_ARTIFACTS_ENV_VAR,
    } < environment.keys()
    assert environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"


def test_a_taken_port_is_named_with_a_free_one(database: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=rf"port {port} must be free .* tracker ui --port \d+"):
            run_ui(database, port, ready=lambda _: None)


def test_without_a_store_there_is_nothing_to_serve(tmp_path: Path) -> None:
    with pytest.raises(TrackingError, match="no runs here"):
        run_ui(f"sqlite:///{tmp_path}/mlflow.db", free_port(), ready=lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_server_has_a_ui_of_its_own() -> None:
    said: list[Pages] = []
    run_ui("http://me:secret@127.0.0.1:9", 5000, ready=said.append)
    assert [pages.address for pages in said] == ["http://127.0.0.1:9"]
    with pytest.raises(TrackingError, match="must answer"):
        run_ui("http://127.0.0.1:9", 5000, experiment="small", ready=said.append)


def test_a_database_that_is_none_is_told_before_a_server_is_started(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("not a database, but long enough to be taken for one " * 20)
    with pytest.raises(TrackingError, match="it is no database but some other file"):
        run_ui(f"sqlite:///{tmp_path}/mlflow.db", free_port(), ready=lambda _: None)


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGKILL,
        *(
            pytest.param(number, marks=pytest.mark.slow)
            for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
        ),
    ],
)
def test_the_ui_shows_artifacts_and_ends_with_its_workers(
    number: signal.Signals, database: str, start: Start, tmp_path: Path, experiment: str
) -> None:
    with start(database) as recorder:
        record_all(recorder)
    client = open_client(database)
    deliver(client, recorder.folder)
    (run,) = all_runs(client, experiment)
    port = free_port()
    command = [sys.executable, "-c", PROGRAM, database, str(port)]
    # Its own working folder: nothing may depend on where the UI is started. A proxy knows nothing of it.
    proxy = {"HTTP_PROXY": f"http://127.0.0.1:{free_port()}"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=os.environ | proxy
    ) as process:
        assert process.stdout is not None
        address, mark, page = process.stdout.readline().strip().partition("#/")
        server, _, key = address.partition("/?key=")
        assert (server, mark) == (f"http://127.0.0.1:{port}", "#/")
        assert page.startswith("experiments/")
        assert "/runs?workflowType=machine_learning&compareRunsMode=CHART" in page
        fetch = browser(address)
        query = f"run_uuid={run.info.run_id}&path=recipe.yaml"
        assert fetch(f"{server}/get-artifact?{query}") == b"model: alexnet\n"
        model_id = run.outputs.model_outputs[0].model_id
        path = f"ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files?artifact_file_path=MLmodel"
        assert b"served_by_numpy" in fetch(f"{server}/{path}")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{server}/get-artifact?{query}")
        assert resolve_uri(f"http://tracker:{key}@127.0.0.1:{port}") == server
        with showing_account(server):
            through_server = open_client(server).download_artifacts(run.info.run_id, "recipe.yaml")
        assert Path(through_server).read_bytes() == b"model: alexnet\n"
        assert key not in "".join(arguments_of(children_of(process.pid)))
        os.kill(process.pid, number)
        wait_until_closed(port)
    assert process.returncode == (-number if number == signal.SIGKILL else 0)
    assert json.dumps(sorted(path.name for path in tmp_path.iterdir())) == '["home"]'
