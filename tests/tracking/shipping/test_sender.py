"""All journals of a home, and what holds none of them up."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest

from tests.support.recorded import Start, all_runs
from tests.support.servers import MlflowServer
from tracker.tracking.backend.client import open_client
from tracker.tracking.journal.entries import Status
from tracker.tracking.journal.run_folder import find_run
from tracker.tracking.shipping.flush import sync
from tracker.tracking.shipping.sender import Sender
from tracker.tracking.shipping.unsent import Unsent, count_unsent


def test_a_trainer_that_died_is_marked_killed_at_the_time_of_its_last_word(
    database: str, home: Path, experiment: str
) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from tracker.tracking.journal.recorder import RunRecorder\n"
        "recorder = RunRecorder.start(Path(sys.argv[1]), run_uid='a1b2', experiment=sys.argv[2],\n"
        "    run_name='n', params={}, tags={}, tracking_uri=sys.argv[3])\n"
        "recorder.metrics({'loss': 1.0}, step=1)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    died = subprocess.run([sys.executable, "-c", program, str(home), experiment, database], check=False)
    assert died.returncode == -signal.SIGKILL
    run = find_run(home, "a1b2")
    assert run is not None
    assert run.state() == "INTERRUPTED"
    last_word = run.journal.stat().st_mtime_ns // 1_000_000
    assert not sync(home)
    (found,) = all_runs(open_client(database), experiment)
    assert (found.info.status, found.info.end_time) == ("KILLED", last_word)
    assert sync(home) == Unsent(0, 0)
    statuses = [line.entry for line in run.lines()]
    assert sum(isinstance(entry, Status) for entry in statuses) == 1


def test_a_run_that_lives_is_not_marked_killed(
    database: str, home: Path, start: Start, experiment: str
) -> None:
    with start(database):
        sync(home)
        assert [run.info.status for run in all_runs(open_client(database), experiment)] == ["RUNNING"]


def test_runs_for_another_server_are_left_to_its_own_shipper(database: str, home: Path, start: Start) -> None:
    with start("http://127.0.0.1:9", "there"), start(database, "here"):
        pass
    assert sync(home, tracking_uri=database) == Unsent(0, 0)
    assert count_unsent(home).runs == 1


def test_what_cannot_be_sent_does_not_hold_up_other_runs(
    database: str, home: Path, start: Start, experiment: str
) -> None:
    client = open_client(database)
    client.delete_experiment(client.create_experiment(f"{experiment}-deleted"))
    with start(database, "a", experiment=f"{experiment}-deleted"), start(database, "b"):
        pass
    left = sync(home)
    assert left.runs == 1
    assert "must not be deleted" in left.problems[0]
    assert len(all_runs(open_client(database), experiment)) == 1


def test_a_server_that_takes_its_time_is_asked_less_often(
    mlflow_server: MlflowServer, home: Path, start: Start
) -> None:
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        if len(waits) == 1:
            mlflow_server.signal(signal.SIGSTOP)
            Timer(1.0, mlflow_server.signal, [signal.SIGCONT]).start()
        return len(waits) == 2

    with start(mlflow_server.uri):
        Sender(home, mlflow_server.uri).follow(wait, drain_s=0)
    at_first, then = waits
    assert at_first == 1.0
    assert 3.0 <= then <= 10.0


@pytest.mark.slow
def test_a_store_that_a_user_threw_away_is_filled_again(
    tmp_path: Path, home: Path, start: Start, experiment: str
) -> None:
    database = tmp_path / "own" / "mlflow.db"
    uri = f"sqlite:///{database}"
    program = (
        "import sys; from pathlib import Path; from tracker.tracking.shipping.flush import sync\n"
        "print(sync(Path(sys.argv[1])))"
    )
    with start(uri, "a") as recorder:
        recorder.metrics({"loss": 1.0}, step=1)
    for run_uid in ("b", "c"):
        said = subprocess.check_output([sys.executable, "-c", program, str(home)], text=True)
        assert said == "everything is sent\n"
        if run_uid == "b":
            database.unlink()
        with start(uri, run_uid):
            pass
    assert sorted(run.data.tags["tracker.run_uid"] for run in all_runs(open_client(uri), experiment)) == [
        "a",
        "b",
    ]
