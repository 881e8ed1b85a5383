from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.support.recorded import Start, all_runs, record_all
from tests.support.servers import free_port
from tracker.errors import TrackingError, UsageError
from tracker.tracking.backend.client import open_client
from tracker.tracking.shipping.delivery import deliver
from tracker.ui.pages import Pages
from tracker.ui.server import run_ui, ui_command

PROGRAM = (
    "import sys; from tracker.ui.server import run_ui\n"
    "run_ui(sys.argv[1], int(sys.argv[2]), ready=lambda pages: print(pages.address, flush=True))"
)


def test_the_command_serves_this_machine_only(database: str) -> None:
    command, environment = ui_command(database, 5001)
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--workers") + 1] == "1"
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


@pytest.mark.slow
def test_a_database_that_is_none_says_what_mlflow_said(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("not a database, but long enough to be taken for one " * 20)
    with pytest.raises(TrackingError, match="file is not a database"):
        run_ui(f"sqlite:///{tmp_path}/mlflow.db", free_port(), ready=lambda _: None)


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        *(pytest.param(number, marks=pytest.mark.slow) for number in (signal.SIGINT, signal.SIGHUP)),
    ],
)
def test_the_ui_shows_artifacts_and_ends_with_its_workers(
    number: signal.Signals, database: str, start: Start, tmp_path: Path, experiment: str
) -> None:
    with start(database) as recorder:
        record_all(recorder, tmp_path)
    client = open_client(database)
    deliver(client, recorder.folder)
    (run,) = all_runs(client, experiment)
    port = free_port()
    command = [sys.executable, "-c", PROGRAM, database, str(port)]
    # Its own working folder: nothing may depend on where the UI is started.
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        address, _, page = process.stdout.readline().strip().partition("/#/")
        assert address == f"http://127.0.0.1:{port}"
        assert page.startswith("experiments/")
        assert "/runs?workflowType=machine_learning&compareRunsMode=CHART" in page
        query = f"run_uuid={run.info.run_id}&path=recipe.yaml"
        with urllib.request.urlopen(f"{address}/get-artifact?{query}") as answer:
            assert answer.read() == b"model: alexnet\n"
        model_id = run.outputs.model_outputs[0].model_id
        path = f"ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files?artifact_file_path=MLmodel"
        with urllib.request.urlopen(f"{address}/{path}") as answer:
            assert "served_by_numpy" in answer.read().decode()
        through_server = open_client(address).download_artifacts(run.info.run_id, "recipe.yaml")
        assert Path(through_server).read_bytes() == b"model: alexnet\n"
        os.kill(process.pid, number)
    assert process.returncode == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert json.dumps(sorted(path.name for path in tmp_path.iterdir())) == '["home", "network"]'
