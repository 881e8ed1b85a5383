"""`tracker` in a container: its first process, under a number, with little that can be written."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import Outcome, run_process, small_run
from tests.support.containers import first_process, started, wait_for_library, without
from tests.support.disks import missing_for_small_disk, small_disk
from tracker.io.process_environment import give_temporary_folder
from tracker.tracking.backend.reader import read_runs

Tracker = Callable[..., Outcome]
TRACKER = [sys.executable, "-m", "tracker"]


def test_a_container_that_is_stopped_while_it_begins_ends_at_once(workplace: Path, radiographs: Path) -> None:
    with started([*TRACKER, *small_run(radiographs)]) as process:
        pid = first_process(process)
        wait_for_library(pid, "libtorch")
        os.kill(pid, signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 143
    assert errors == "tracker: ended by SIGTERM, as asked\n"


def test_a_container_without_a_folder_for_temporary_files_is_told_to_have_one(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    # Where nobody can write: with root's rights, every test can write to all that tempfile tries.
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc"])
    monkeypatch.setenv("TRACKER_CACHE", "/proc/cache")
    give_temporary_folder.cache_clear()
    ended = tracker("compare", "--example")
    give_temporary_folder.cache_clear()
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("tracker: a folder for temporary files must be writable, but none is. ")


@pytest.mark.slow
def test_a_container_that_watches_ends_when_it_is_stopped(workplace: Path) -> None:
    with started([*TRACKER, "sync", "--watch"]) as process:
        pid = first_process(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "everything is sent\n"
        os.kill(pid, signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.mark.slow
def test_a_number_that_can_write_nothing_else_trains_and_nothing_complains(
    workplace: Path, radiographs: Path
) -> None:
    workplace.chmod(0o500)
    state = workplace.with_name("state")
    state.mkdir()
    settings = {
        # A container engine says `/`, which is this user's own here.
        "HOME": str(workplace),
        "TRACKER_HOME": f"{state}/journals",
        "TRACKER_CACHE": f"{state}/cache",
        "MLFLOW_TRACKING_URI": f"sqlite:///{state}/mlflow.db",
    }
    environment = without("USER", "LOGNAME", "XDG_CACHE_HOME", "MPLCONFIGDIR") | settings
    arm = ["--model", "squeezenet1_1", "--mode", "feature-extractor", "--experiment", "number"]
    with started([*TRACKER, *small_run(radiographs, *arm)], env=environment) as process:
        printed, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    assert "not sent" not in printed
    assert list(workplace.iterdir()) == []
    assert (state / "cache/matplotlib").is_dir()


@pytest.mark.slow
@pytest.mark.skipif(bool(missing_for_small_disk()), reason=missing_for_small_disk())
def test_a_network_larger_than_the_disk_of_temporary_files_is_stored(
    workplace: Path, radiographs: Path
) -> None:
    arm = ["--model", "squeezenet1_1", "--mode", "feature-extractor", "--experiment", "stored"]
    with small_disk(workplace.with_name("tmp"), mib=2) as disk:
        ended = run_process(*small_run(radiographs, *arm), cwd=workplace, TMPDIR=str(disk.folder))
        assert (ended.returncode, ended.stderr) == (0, "")
        assert "not sent" not in ended.stdout
        assert list(disk.folder.iterdir()) == []
    assert list(workplace.glob("mlartifacts/*/models/*/artifacts/**/network.safetensors"))
    assert not list(workplace.glob(".tracker/runs/*/sending"))


@pytest.mark.slow
def test_a_container_that_replaces_a_killed_one_goes_on_with_its_run(
    workplace: Path, radiographs: Path
) -> None:
    arm = ["--model", "squeezenet1_1", "--mode", "fine-tuning", "--epochs", "12", "--experiment", "replaced"]
    command = [*TRACKER, *small_run(radiographs, *arm)]
    with started(command, host="one") as first:
        assert first.stdout is not None
        assert any("epoch  2/12" in line for line in first.stdout)
        os.kill(first_process(first), signal.SIGSTOP)
        with started(command, host="two") as meanwhile:
            assert "another process is at it" in meanwhile.communicate(timeout=60)[0]
        first.kill()
    with started(command, host="three") as second:
        printed, _ = second.communicate(timeout=60)
    assert "goes on after epoch " in printed
    (run,) = read_runs(f"sqlite:///{workplace}/mlflow.db", "replaced", metrics=["train/loss"])
    assert (run.status, run.tags["tracker.resumed"]) == ("FINISHED", "1")
    assert len(run.history["train/loss"]) == 12
