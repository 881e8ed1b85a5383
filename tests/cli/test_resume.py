"""`tracker run` again: what was interrupted goes on where it was, and two commands share a plan."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from mlflow import MlflowClient
from safetensors.numpy import load_file

from tests.support.command import MODELS, MODES, Outcome, run_process, small_run
from tracker.records import RunRecord
from tracker.tracking.backend.reader import read_runs

Tracker = Callable[..., Outcome]

KEYS = ("train/loss", "train/accuracy", "val/loss", "val/accuracy", "test/loss", "test/accuracy")


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let programs that are started from here hear Ctrl-C, also where a shell put us into the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def running(arguments: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run `tracker` until its second epoch is printed and the first is kept; it ends with the block."""
    command = [sys.executable, "-m", "tracker", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder
    ) as process:
        assert process.stdout is not None
        try:
            next(line for line in process.stdout if "  epoch 2/" in line)
            yield process
        finally:
            process.kill()


def runs_of(folder: Path, experiment: str) -> list[RunRecord]:
    return read_runs(f"sqlite:///{folder}/mlflow.db", experiment, metrics=KEYS)


def network(folder: Path) -> dict[str, bytes]:
    """Return the stored network of the only run in a folder, byte for byte."""
    (file,) = (folder / ".tracker").rglob("network.safetensors")
    return {name: array.tobytes() for name, array in load_file(file).items()}


# Epochs that are long beside the time that a signal takes to arrive.
LONG = ["--model", "mini-resnet", "--mode", "fine-tuning", "--epochs", "8", "--schedule", "cosine"]
LONG = [*LONG, "--image-size", "128", "--log-model", "all"]


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory, radiographs: Path, shared_cache: Path) -> Path:
    """A folder in which the long run was never disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    arguments = small_run(radiographs, *LONG, "--experiment", "cut")
    ended = run_process(*arguments, cwd=folder, TRACKER_CACHE=str(shared_cache))
    assert ended.returncode == 0, ended.stderr
    return folder


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_an_interrupted_run_ends_in_the_same_mlflow_run_with_the_same_numbers(
    tracker: Tracker, workplace: Path, radiographs: Path, reference: Path, number: signal.Signals
) -> None:
    arguments = small_run(radiographs, *LONG, "--experiment", "cut")
    with running(arguments, workplace) as process:
        process.send_signal(number)
        printed, errors = process.communicate(timeout=60)
    if number != signal.SIGKILL:
        assert process.returncode == 128 + number
        assert "stopping after this batch; once more: at once" in errors
        assert "the same command goes on from there" in printed
        assert "Traceback" not in printed + errors
        (killed,) = runs_of(workplace, "cut")
        assert killed.status == "KILLED"
        assert killed.tags["tracker.reason"] == "interrupted"

    again = tracker(*arguments)
    assert again.code == 0, again.err
    # Killed, it has a checkpoint only where these few epochs took half a minute.
    assert "goes on after epoch " in again.out or (number == signal.SIGKILL and "trained again" in again.out)
    (run,) = runs_of(workplace, "cut")
    (expected,) = runs_of(reference, "cut")
    assert run.status == "FINISHED"
    assert run.tags["tracker.resumed"] == "1"
    assert run.history == expected.history
    assert network(workplace) == network(reference)
    assert not list((workplace / ".tracker").rglob("*.ckpt"))


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    tracker: Tracker, workplace: Path, radiographs: Path, reference: Path
) -> None:
    arguments = small_run(radiographs, *LONG, "--experiment", "cut")
    with running(arguments, workplace) as process:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    newest = sorted((workplace / ".tracker").rglob("*.ckpt"))[-1]
    newest.write_bytes(newest.read_bytes()[:-100])
    again = tracker(*arguments)
    assert again.code == 0, again.err
    (run,) = runs_of(workplace, "cut")
    assert run.history == runs_of(reference, "cut")[0].history


@pytest.mark.slow
def test_two_commands_share_one_plan(workplace: Path, radiographs: Path) -> None:
    arms = [f"--{kind}={name}" for kind, names in (("model", MODELS), ("mode", MODES)) for name in names]
    arguments = small_run(radiographs, *arms, "--seed", "0", "--seed", "1", "--experiment", "shared")
    command = [sys.executable, "-m", "tracker", *arguments, "--epochs", "8"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=workplace) for _ in "ab"]
    printed = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], printed
    assert sum(text.count("✓") for text in printed) == 8, printed
    runs = runs_of(workplace, "shared")
    assert [run.status for run in runs] == ["FINISHED"] * 8
    assert len({run.name for run in runs}) == 8
    assert all("tracker.resumed" not in run.tags for run in runs)
    assert all(len(run.history["val/loss"]) == 8 for run in runs)


def test_checkpoints_stay_where_they_are_asked_for(
    tracker: Tracker, workplace: Path, radiographs: Path
) -> None:
    arm = ["--model", MODELS[0], "--mode", "feature-extractor", "--experiment", "kept"]
    asked = ["--keep-checkpoints", "--checkpoint-every", "1"]
    assert tracker(*small_run(radiographs, *arm, *asked)).code == 0
    kept = sorted(file.name[:6] for file in (workplace / ".tracker").rglob("*.ckpt"))
    assert kept == ["000001", "000002"]


def test_a_finished_run_that_was_deleted_in_mlflow_stays_deleted_and_says_so(
    tracker: Tracker, workplace: Path, radiographs: Path
) -> None:
    arm = small_run(radiographs, "--model", MODELS[0], "--mode", "feature-extractor", "--experiment", "gone")
    assert tracker(*arm).code == 0
    (run,) = runs_of(workplace, "gone")
    MlflowClient(f"sqlite:///{workplace}/mlflow.db").delete_run(run.run_id)
    again = tracker(*arm)
    assert "finished before (--rerun runs it again)" in again.out
    assert runs_of(workplace, "gone") == []
