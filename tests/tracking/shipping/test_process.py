"""The process that sends, and what happens to it, to training and to the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mlflow.entities import Run

from tests.support.recorded import Start, all_runs
from tests.support.servers import MlflowServer, forwarded, free_port, running_server
from tracker.tracking.backend.client import open_client
from tracker.tracking.shipping.flush import send_leftovers, sync
from tracker.tracking.shipping.process import NotStarted, start_shipper
from tracker.tracking.shipping.unsent import Unsent

PATIENCE_S = 60.0


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def runs_in(uri: str, experiment: str) -> list[Run]:
    return all_runs(open_client(uri), experiment)


def test_a_run_is_sent_while_it_lives_and_whole_after_draining(
    database: str, home: Path, start: Start, experiment: str
) -> None:
    shipper = start_shipper(home, database)
    with start(database) as recorder:
        recorder.metrics({"loss": 1.0}, step=1)
        wait_until(lambda: any("loss" in run.data.metrics for run in runs_in(database, experiment)))
        (run,) = runs_in(database, experiment)
        assert run.info.status == "RUNNING"
        recorder.metrics({"loss": 0.5}, step=2)
    assert not shipper.drain(PATIENCE_S)
    (run,) = runs_in(database, experiment)
    assert (run.info.status, run.data.metrics["loss"]) == ("FINISHED", 0.5)
    assert shipper.process.returncode == 0
    assert (home / "shipper.log").read_text() == ""


def test_where_all_is_sent_the_process_imports_no_mlflow(database: str, home: Path, start: Start) -> None:
    with start(database):
        pass
    assert not sync(home)
    program = (
        "import sys; from tracker.tracking.shipping.process import main\n"
        "main(); print('mlflow' in sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, str(home)],
        env=os.environ | {"MLFLOW_TRACKING_URI": database},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (told.stdout, told.stderr) == ("False\n", "")


def test_without_a_server_draining_says_what_is_left_and_a_later_sync_sends_it(
    mlflow_server: MlflowServer, home: Path, start: Start, experiment: str
) -> None:
    port = free_port()
    uri = f"http://127.0.0.1:{port}"
    shipper = start_shipper(home, uri)
    for run_uid in ("a", "b"):
        with start(uri, run_uid) as recorder:
            recorder.metrics({"loss": 1.0}, step=1)
    left = shipper.drain(0.1)
    assert (left.runs, left.records) == (2, 8)
    assert str(left) == "2 runs, 8 records not sent yet: tracker sync"
    left = sync(home)
    (problem,) = left.problems
    assert left == Unsent(2, 8, (problem,))
    assert problem.startswith(f"{uri} cannot be reached: nothing listens at ")
    with forwarded(port, to=mlflow_server.port):
        assert sync(home) == Unsent(0, 0)
        assert [run.info.status for run in runs_in(uri, experiment)] == ["FINISHED", "FINISHED"]


@pytest.mark.parametrize(
    ("number", "why"), [(signal.SIGKILL, "memory is short"), (signal.SIGABRT, "see the end of ")]
)
def test_what_sends_is_told_of_where_it_ended_by_itself(
    database: str, home: Path, start: Start, number: signal.Signals, why: str
) -> None:
    shipper = start_shipper(home, database)
    shipper.process.send_signal(number)
    shipper.process.wait(30)
    with start(database):
        pass
    left = shipper.drain(PATIENCE_S)
    assert left
    assert why in left.lines()[-1]
    assert not sync(home)


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is started now cannot import all that it needs."""
    package = tmp_path / "broken" / "sqlalchemy"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('libpq.so.5: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", f"{package.parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")


@pytest.mark.usefixtures("broken")
def test_an_end_while_training_goes_on_is_told_at_once_and_only_once(
    database: str, home: Path, start: Start
) -> None:
    told: list[str] = []
    shipper = start_shipper(home, database, on_end=told.append)
    with start(database):
        wait_until(lambda: bool(told))
    left = shipper.drain(PATIENCE_S)
    assert told == [f"the process that sends has failed (see the end of {home / 'shipper.log'})"]
    assert (left.runs, left.problems) == (1, ())
    assert "ImportError: libpq.so.5" in (home / "shipper.log").read_text()


def test_an_end_is_told_also_where_nothing_is_left(database: str, home: Path) -> None:
    shipper = start_shipper(home, database)
    shipper.process.send_signal(signal.SIGABRT)
    shipper.process.wait(PATIENCE_S)
    left = shipper.drain(PATIENCE_S)
    assert not left
    assert left.lines()[1].startswith("  the process that sends has failed")
    assert shipper.drain(PATIENCE_S) == left


def test_a_process_that_cannot_be_started_is_told_of(
    database: str, home: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start(database):
        pass
    monkeypatch.setattr(sys, "executable", str(home / "no" / "python"))
    with pytest.raises(NotStarted, match="No such file or directory"):
        start_shipper(home, database)
    left = send_leftovers(home, database, PATIENCE_S)
    assert left.runs == 1
    assert "a process that sends must be startable" in left.lines()[1]


def test_a_log_that_cannot_be_written_keeps_nothing_from_being_sent(
    database: str, home: Path, start: Start, experiment: str
) -> None:
    (home / "shipper.log").mkdir(parents=True)
    shipper = start_shipper(home, database)
    with start(database):
        pass
    assert not shipper.drain(PATIENCE_S)
    assert [run.info.status for run in runs_in(database, experiment)] == ["FINISHED"]


def test_when_training_is_killed_its_shipper_sends_the_rest_and_ends(
    database: str, home: Path, experiment: str
) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from tracker.tracking.journal.recorder import RunRecorder\n"
        "from tracker.tracking.shipping.process import start_shipper\n"
        "shipper = start_shipper(Path(sys.argv[1]), sys.argv[3])\n"
        "recorder = RunRecorder.start(Path(sys.argv[1]), run_uid='a1b2', experiment=sys.argv[2],\n"
        "    run_name='n', params={}, tags={}, tracking_uri=sys.argv[3])\n"
        "recorder.metrics({'loss': 1.0}, step=1)\n"
        "print(shipper.process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-c", program, str(home), experiment, database]
    died = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    shipper = int(died.stdout)
    wait_until(lambda: not is_alive(shipper))
    assert [run.info.status for run in runs_in(database, experiment)] == ["KILLED"]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Nobody waits for an orphan in a container without an init process: it stays as a zombie.
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[MlflowServer]:
    with running_server(tmp_path / "hanging") as server:
        server.signal(signal.SIGSTOP)
        yield server
        server.signal(signal.SIGCONT)


@pytest.mark.slow
def test_a_server_that_hangs_does_not_hold_up_the_end(
    hanging: MlflowServer, home: Path, start: Start, experiment: str
) -> None:
    shipper = start_shipper(home, hanging.uri)
    with start(hanging.uri):
        pass
    assert shipper.drain(1.0).runs == 1
    assert shipper.process.poll() is not None
    assert sync(home).problems == (f"{hanging.uri} is there but does not answer in time",)
    hanging.signal(signal.SIGCONT)
    assert sync(home) == Unsent(0, 0)
    assert len(runs_in(hanging.uri, experiment)) == 1
