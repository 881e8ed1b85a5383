"""`tracker sync`: what was not sent, what MLflow lost, and what comes."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.command import Outcome, Study
from tests.support.servers import MlflowServer, forwarded, free_port
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.reader import read_runs
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.lock import sole_sender
from tracker.ui import stores

Tracker = Callable[..., Outcome]


@pytest.fixture
def uri(workplace: Path) -> str:
    return f"sqlite:///{workplace}/mlflow.db"


def record(workplace: Path, uri: str, experiment: str, run_uid: str = "a1b2") -> RunFolder:
    """Write a whole run of two epochs, as `tracker run` in the workplace would."""
    started = {"experiment": experiment, "run_name": "alexnet", "params": {"lr": 0.1}, "tags": {}}
    with RunRecorder.start(workplace / ".tracker", run_uid=run_uid, tracking_uri=uri, **started) as recorder:
        for step in (1, 2):
            recorder.metrics({"val/loss": 1 / step}, step=step)
    return recorder.folder


def test_without_runs_there_is_nothing_to_send(tracker: Tracker) -> None:
    assert tracker("sync") == Outcome(0, "everything is sent\n", "")


def test_all_sends_again_what_a_restored_store_does_not_have(
    tracker: Tracker, workplace: Path, uri: str, experiment: str
) -> None:
    record(workplace, uri, experiment)
    assert tracker("sync").code == 0
    backup = (workplace / "mlflow.db").read_bytes()
    record(workplace, uri, experiment, "c3d4")
    assert tracker("sync").code == 0
    assert len(read_runs(uri, experiment)) == 2

    (workplace / "mlflow.db").write_bytes(backup)
    assert tracker("sync").out == "everything is sent\n"
    assert len(read_runs(uri, experiment)) == 1, "nobody told it that the store is an older one"
    assert tracker("sync", "--all") == Outcome(0, "everything is sent\n", "")
    runs = read_runs(uri, experiment, metrics=["val/loss"])
    assert [(run.status, len(run.history["val/loss"])) for run in runs] == [("FINISHED", 2)] * 2


def test_what_cannot_be_sent_is_told_with_its_reason_and_an_exit_code(
    tracker: Tracker, workplace: Path, experiment: str
) -> None:
    uri = f"http://user:secret@127.0.0.1:{free_port()}"
    for run_uid in ("a1", "b2"):
        record(workplace, uri, experiment, run_uid)
    told = tracker("sync")
    assert told.code == 1
    first, second = told.out.splitlines()
    assert first == "2 runs, 10 records not sent yet: tracker sync"
    assert second.endswith("(connection refused): start the server, or mend the port")
    assert "secret" not in told.out


def test_a_damaged_journal_is_named_and_holds_up_no_other_run(
    tracker: Tracker, workplace: Path, uri: str, experiment: str
) -> None:
    journal = record(workplace, uri, experiment).journal
    record(workplace, uri, experiment, "c3d4")
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[0], b"0" + lines[1][1:], *lines[2:]]))
    told = tracker("sync")
    assert told.code == 1
    assert f"of {journal} does not" in told.out
    (run,) = read_runs(uri, experiment)
    assert run.status == "FINISHED"


def test_a_run_that_another_process_sends_is_waited_for(
    tracker: Tracker, workplace: Path, uri: str, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = record(workplace, uri, experiment)
    monkeypatch.setattr("tracker.tracking.shipping.flush._BUSY_PATIENCE_S", 1.0)
    with sole_sender(folder) as alone:
        assert alone
        assert tracker("sync").out == "1 run, 5 records not sent yet: tracker sync\n"
    assert tracker("sync").out == "everything is sent\n"


@pytest.fixture
def watching(workplace: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tracker", "sync", "--watch"]
    with subprocess.Popen(command, cwd=workplace, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_watching_tells_what_changes_and_ends_when_asked(
    watching: subprocess.Popen[str], mlflow_server: MlflowServer, workplace: Path, experiment: str
) -> None:
    assert watching.stdout is not None
    assert watching.stdout.readline() == "everything is sent\n"
    port = free_port()
    uri = f"http://127.0.0.1:{port}"
    record(workplace, uri, experiment)
    assert watching.stdout.readline() == "1 run, 5 records not sent yet: tracker sync\n"
    assert watching.stdout.readline().startswith(f"  {uri} cannot be reached: nothing listens at ")
    with forwarded(port, to=mlflow_server.port):
        assert watching.stdout.readline() == "everything is sent\n"
    (run,) = read_runs(mlflow_server.uri, experiment)
    assert run.status == "FINISHED"
    watching.send_signal(signal.SIGTERM)
    assert watching.wait(30) == 0
    assert watching.stdout.read() == ""


def test_comparing_sends_what_is_left_first(
    tracker: Tracker, workplace: Path, uri: str, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine, loading MLflow alone can take longer than a user should wait.
    monkeypatch.setattr(stores, "_PATIENCE_S", 60.0)
    record(workplace, uri, experiment)
    told = tracker("compare", "--experiment", experiment)
    assert "must be in" not in told.err, "the experiment is there"
    (run,) = read_runs(uri, experiment)
    assert run.status == "FINISHED"
    assert open_client(uri).get_experiment_by_name(experiment) is not None


def test_comparing_says_what_is_not_sent(tracker: Tracker, workplace: Path, experiment: str) -> None:
    uri = f"http://127.0.0.1:{free_port()}"
    record(workplace, uri, experiment)
    told = tracker("compare", "--experiment", experiment, "--tracking-uri", uri)
    first, why, *_ = told.err.splitlines()
    assert first == "1 run, 5 records not sent yet: tracker sync"
    assert why.startswith(f"  {uri}") or "must" in why


def test_a_table_says_what_it_lacks(
    tracker: Tracker, workplace: Path, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "_PATIENCE_S", 0.1)
    compare = ("compare", "--experiment", "small", "--tracking-uri", study.uri)
    folder = record(workplace, study.uri, "small")
    record(workplace, f"sqlite:///{workplace}/other.db", "small", "c3d4")
    with sole_sender(folder):
        told = tracker(*compare)
    assert told.code == 0
    assert "this machine has not sent 5 records of 1 run of this experiment yet" in " ".join(told.out.split())
    folder.journal.unlink()
    assert "not sent" not in tracker(*compare).out


def test_journals_of_no_address_say_how_they_get_one(tracker: Tracker, workplace: Path) -> None:
    record(workplace, "localhost:5000", "e")
    told = tracker("sync")
    assert (told.code, told.err) == (1, "")
    assert told.out == (
        "1 run, 5 records not sent yet: tracker sync\n  localhost:5000 is no store or server: "
        "tracker sync --from 'localhost:5000' --to ADDRESS gives them another\n"
    )
    given = tracker("sync", "--from", "localhost:5000", "--to", "sqlite:///mlflow.db")
    assert (given.code, given.out) == (0, "everything is sent\n")
    assert len(read_runs(f"sqlite:///{workplace}/mlflow.db", "e")) == 1
    assert (
        "none is meant for localhost:5000"
        in tracker("sync", "--from", "localhost:5000", "--to", "http://h").err
    )


@pytest.mark.parametrize("given", [["--from", "http://h"], ["--to", "http://h"]])
def test_an_address_is_given_in_the_place_of_another_one(tracker: Tracker, given: list[str]) -> None:
    told = tracker("sync", *given)
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "--from and --to must stand together" in told.err
