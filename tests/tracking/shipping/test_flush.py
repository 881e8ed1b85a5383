"""The next command sends what an earlier one could not, and takes no time where there is nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.recorded import Start, all_runs
from tests.support.servers import MlflowServer, forwarded, free_port
from tracker.tracking.backend.client import open_client
from tracker.tracking.shipping.flush import send_leftovers
from tracker.tracking.shipping.unsent import Unsent

PATIENCE_S = 60.0


def test_a_run_that_was_not_sent_is_sent(database: str, home: Path, start: Start, experiment: str) -> None:
    with start(database) as recorder:
        recorder.metrics({"loss": 1.0}, step=1)
    assert not send_leftovers(home, database, PATIENCE_S)
    (run,) = all_runs(open_client(database), experiment)
    assert run.info.status == "FINISHED"


def test_a_run_whose_process_died_is_killed(database: str, home: Path, start: Start, experiment: str) -> None:
    recorder = start(database)
    recorder.metrics({"loss": 1.0}, step=1)
    recorder.close()
    assert not send_leftovers(home, database, PATIENCE_S)
    (run,) = all_runs(open_client(database), experiment)
    assert run.info.status == "KILLED"
    assert run.data.tags["tracker.reason"] == "its process ended without a word"


def test_what_cannot_be_sent_is_counted(mlflow_server: MlflowServer, home: Path, start: Start) -> None:
    port = free_port()
    uri = f"http://127.0.0.1:{port}"
    with start(uri):
        pass
    left = send_leftovers(home, uri, 0.1)
    assert (left.runs, left.records) == (1, 3)
    with forwarded(port, to=mlflow_server.port):
        assert send_leftovers(home, uri, PATIENCE_S) == Unsent(0, 0)


def test_where_nothing_is_left_nothing_is_started_or_imported(
    home: Path, database: str, start: Start
) -> None:
    with start(database):
        pass
    assert not send_leftovers(home, database, PATIENCE_S)
    living = start(database, "another")
    program = (
        "import subprocess, sys; from pathlib import Path\n"
        "from tracker.tracking.shipping.flush import send_leftovers\n"
        "subprocess.Popen = None\n"
        "send_leftovers(Path(sys.argv[1]), sys.argv[2], 60)\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'mlflow', 'torch'}))"
    )
    command = [sys.executable, "-c", program, str(home), database]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (told.returncode, told.stdout) == (0, "[]\n"), told.stderr
    living.close()
