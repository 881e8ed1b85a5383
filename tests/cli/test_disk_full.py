"""A disk that is full for a part of a run: training goes on, says so, and all of it is written later."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.support.command import MODELS, Outcome, small_run
from tests.support.disks import SmallDisk, TakesNothing, missing_for_small_disk, small_disk
from tests.support.found import find_study

Tracker = Callable[..., Outcome]
EPOCHS = 60
EXPERIMENT = "full"


@contextmanager
def training(data: Path, home: Path) -> Iterator[subprocess.Popen[str]]:
    """A run of some seconds, as a process whose lines can be read while it goes on."""
    arm = ["--model", MODELS[0], "--mode", "fine-tuning", "--experiment", EXPERIMENT]
    arguments = small_run(data, *arm, "--epochs", str(EPOCHS), "--log-model", "none")
    process = subprocess.Popen(
        ["env", f"TRACKER_HOME={home}", sys.executable, "-m", "tracker", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def read_until(output: IO[str] | None, *words: str) -> str:
    """Read lines up to one that has all these words."""
    assert output is not None
    read = ""
    for line in output:
        read += line
        if all(word in line for word in words):
            return read
    raise AssertionError(f"no line with {words}:\n{read}")


def check_all_is_there(uri: str) -> None:
    (run,) = find_study(uri, EXPERIMENT).values()
    assert run.status == "FINISHED"
    steps = {key: sorted(step for name, step in run.points if name == key) for key, _ in run.points}
    for key in ("train/loss", "train/images_per_second", "val/loss", "test/auroc"):
        assert steps[key] == list(range(1, EPOCHS + 1))
    assert steps["final/test/loss"] == [EPOCHS]
    assert {"recipe.yaml", "predictions.csv", "roc.png"} <= run.artifacts.keys()


def check_it_goes_on(process: subprocess.Popen[str], disk: SmallDisk | TakesNothing) -> str:
    """Fill the disk in the middle of training, and make room after some epochs; return what was said."""
    said = read_until(process.stdout, " epoch  3/")
    disk.fill()
    said += read_until(process.stdout, "note: ", "training goes on", "wait in memory")
    for _ in range(5):
        said += read_until(process.stdout, " epoch ")
    disk.free()
    assert process.stdout is not None
    said += process.stdout.read()
    assert process.wait() == 0, said
    assert "1 run: 1 finished" in said
    assert "Traceback" not in said
    return said


def test_files_that_cannot_grow_do_not_stop_training_and_lose_nothing(
    tracker: Tracker, workplace: Path, radiographs: Path
) -> None:
    with training(radiographs, workplace / ".tracker") as process:
        check_it_goes_on(process, TakesNothing(process.pid))
    assert tracker("sync").code == 0
    check_all_is_there(f"sqlite:///{workplace}/mlflow.db")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    if reason := missing_for_small_disk():
        pytest.skip(reason)
    with small_disk(tmp_path / "disk", mib=64) as mounted:
        yield mounted


@pytest.mark.slow
def test_a_full_disk_does_not_stop_training_and_loses_nothing(
    tracker: Tracker, workplace: Path, radiographs: Path, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_HOME", str(disk.folder / "home"))
    with training(radiographs, disk.folder / "home") as process:
        check_it_goes_on(process, disk)
    assert tracker("sync").code == 0
    check_all_is_there(f"sqlite:///{workplace}/mlflow.db")


@pytest.mark.slow
def test_of_a_disk_that_stays_full_the_user_is_told_and_the_same_command_goes_on(
    tracker: Tracker, workplace: Path, radiographs: Path, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_HOME", str(disk.folder / "home"))
    with training(radiographs, disk.folder / "home") as process:
        read_until(process.stdout, " epoch  9/")
        disk.fill()
        assert process.stdout is not None
        said = process.stdout.read()
        assert process.wait() == 1
    assert f" epoch {EPOCHS}/{EPOCHS}" in said, "it trains to its end"
    assert "make room, and the same command goes on with this run" in said
    assert "Traceback" not in said
    disk.free()
    with training(radiographs, disk.folder / "home") as process:
        assert process.stdout is not None
        said = process.stdout.read()
        assert process.wait() == 0, said
    assert "goes on after epoch" in said
    assert tracker("sync").code == 0
    check_all_is_there(f"sqlite:///{workplace}/mlflow.db")


@pytest.mark.slow
def test_a_table_of_one_seed_says_that_three_more_wait_for_room_for_their_artifacts(
    tracker: Tracker, workplace: Path, radiographs: Path
) -> None:
    if reason := missing_for_small_disk():
        pytest.skip(reason)
    arm = ["--model", MODELS[0], "--mode", "fine-tuning", "--experiment", EXPERIMENT, "--log-model", "none"]
    with small_disk(workplace / "mlartifacts", 2) as disk:
        assert tracker(*small_run(radiographs, *arm, "--seed", "4")).code == 0
        disk.fill()
        told = tracker(*small_run(radiographs, *arm, *(f"--seed={seed}" for seed in (5, 6, 7))))
        assert told.code == 0
        assert "mlflow.db: No space left on device" in told.out
        compared = " ".join(tracker("compare", "--experiment", EXPERIMENT).out.split())
        assert "One run an arm, seed 4" in compared
        assert "of 3 runs of this experiment yet (tracker sync), and the table is without them" in compared
        disk.free()
        assert tracker("sync").out == "everything is sent\n"
        compared = " ".join(tracker("compare", "--experiment", EXPERIMENT).out.split())
    assert "over seeds 4, 5, 6, 7" in compared
    assert "Incomplete" not in compared
