"""`tracker run --jobs 2`: two processes make the runs of one plan, and it looks like one command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.command import Outcome, run_process, small_run
from tests.support.warm import children_of
from tracker.records import RunRecord
from tracker.tracking.backend.reader import read_runs

Tracker = Callable[..., Outcome]

KEYS = ("train/loss", "val/loss", "test/loss", "test/accuracy")
ARMS = ["--model", "mini-resnet", "--mode", "feature-extractor", "--mode", "fine-tuning"]
ARMS = [*ARMS, "--seed", "0", "--seed", "1", "--log-model", "none"]
LONG = ["--model", "mini-resnet", "--mode", "fine-tuning", "--seeds", "2", "--log-model", "none"]
LONG = [*LONG, "--epochs", "8", "--image-size", "128", "--experiment", "long"]


def runs_of(folder: Path, experiment: str) -> Mapping[str, RunRecord]:
    runs = read_runs(f"sqlite:///{folder}/mlflow.db", experiment, metrics=KEYS)
    assert len({run.name for run in runs}) == len(runs), "nothing is there twice"
    return {run.name: run for run in runs}


def values_of(runs: Mapping[str, RunRecord]) -> dict[str, object]:
    return {
        name: {key: [(point.step, point.value) for point in run.history[key]] for key in KEYS}
        for name, run in runs.items()
    }


@pytest.mark.slow
def test_two_processes_make_what_one_makes(tracker: Tracker, workplace: Path, radiographs: Path) -> None:
    arguments = small_run(radiographs, *ARMS)
    told = tracker(*arguments, "--experiment", "two", "--jobs", "2")
    assert told.code == 0, told.err
    assert told.out.count("✓") == 4
    assert "4 runs: 4 finished" in told.out
    assert "Traceback" not in told.err
    assert tracker(*arguments, "--experiment", "one").code == 0
    runs = runs_of(workplace, "two")
    assert values_of(runs) == values_of(runs_of(workplace, "one"))
    assert {run.tags["tracker.threads"] for run in runs.values()} == {"1"}
    again = tracker(*arguments, "--experiment", "two", "--jobs", "2")
    assert (again.code, again.out.count("finished before")) == (0, 4)


@pytest.mark.parametrize(("jobs", "said"), [("2", "processes   2 at once, of 1 thread each"), ("auto", "")])
def test_a_dry_run_says_how_many_processes_would_work(
    tracker: Tracker, radiographs: Path, jobs: str, said: str
) -> None:
    told = tracker(*small_run(radiographs, *ARMS, "--jobs", jobs, "--dry-run"))
    assert told.code == 0, told.err
    assert [line for line in told.out.splitlines() if line.startswith("processes")] == (
        [said] if said else []
    )


@pytest.mark.parametrize("jobs", ["0", "many", "1.5"])
def test_what_is_no_number_of_processes_is_refused(tracker: Tracker, radiographs: Path, jobs: str) -> None:
    told = tracker(*small_run(radiographs, *ARMS, "--jobs", jobs))
    assert told.code == 2
    assert told.err.count("jobs: must be auto or a whole number from 1 to 1000") == 1


@contextmanager
def both_at_work(
    arguments: list[str], folder: Path, cache: Path
) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """Run `tracker` until both runs have trained an epoch, hearing Ctrl-C; also yield those that work."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [sys.executable, "-m", "tracker", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | {"TRACKER_CACHE": str(cache)},
    ) as process:
        assert process.stdout is not None
        try:
            begun = [next(line for line in process.stdout if "epoch 1/" in line) for _ in "ab"]
            assert begun[0].split("epoch")[0] != begun[1].split("epoch")[0]
            yield process, [pid for pid in children_of(process.pid) if is_worker(pid)]
        finally:
            process.kill()
            signal.signal(signal.SIGINT, before)


def is_worker(pid: int) -> bool:
    return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, radiographs: Path, shared_cache: Path) -> Path:
    """A folder in which one process made the long runs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    ended = run_process(*small_run(radiographs, *LONG), cwd=folder, TRACKER_CACHE=str(shared_cache))
    assert ended.returncode == 0, ended.stderr
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_both_runs_and_the_same_command_goes_on_with_both(
    workplace: Path, radiographs: Path, shared_cache: Path, undisturbed: Path, number: signal.Signals
) -> None:
    arguments = small_run(radiographs, *LONG, "--jobs", "2")
    with both_at_work(arguments, workplace, shared_cache) as (process, workers):
        process.send_signal(number)
        printed, errors = process.communicate(timeout=120)
    assert process.returncode == 128 + number
    assert errors.count("stopping after this batch; once more: at once") == 1
    assert "Traceback" not in printed + errors
    killed = runs_of(workplace, "long")
    assert {run.tags["tracker.reason"] for run in killed.values()} == {"interrupted"}
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    again = run_process(*arguments, cwd=workplace, TRACKER_CACHE=str(shared_cache))
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("goes on after epoch") == 2
    assert values_of(runs_of(workplace, "long")) == values_of(runs_of(undisturbed, "long"))


@pytest.mark.slow
def test_a_worker_that_is_killed_leaves_its_run_to_the_other(
    workplace: Path, radiographs: Path, shared_cache: Path, undisturbed: Path
) -> None:
    arguments = small_run(radiographs, *LONG, "--jobs", "2")
    with both_at_work(arguments, workplace, shared_cache) as (process, workers):
        os.kill(workers[0], signal.SIGKILL)
        printed, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert "its process has died; another one goes on with it" in printed
    assert "2 runs: 2 finished" in printed
    assert values_of(runs_of(workplace, "long")) == values_of(runs_of(undisturbed, "long"))


@pytest.mark.slow
def test_workers_end_when_the_command_is_killed(
    workplace: Path, radiographs: Path, shared_cache: Path
) -> None:
    arguments = small_run(radiographs, *LONG, "--jobs", "2")
    with both_at_work(arguments, workplace, shared_cache) as (process, workers):
        process.kill()
        process.wait()
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    again = run_process(*arguments, cwd=workplace, TRACKER_CACHE=str(shared_cache))
    assert again.returncode == 0, again.stderr
    assert "2 runs: 2 finished" in again.stdout
