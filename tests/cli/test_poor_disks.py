"""Disks without hard links, locks, rights or folder syncs: `tracker` works there, or says so at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import MODELS, Outcome, run_process, small_run
from tests.support.poor_disks import EXFAT, FUSE, LUSTRE, NO_LOCKS, lacking
from tracker.tracking.backend.reader import read_runs

Tracker = Callable[..., Outcome]


@pytest.mark.parametrize("calls", [FUSE, pytest.param(EXFAT, marks=pytest.mark.slow)], ids=["FUSE", "exFAT"])
def test_a_disk_that_lacks_what_has_a_stand_in_holds_journals_store_and_cache(
    workplace: Path, radiographs: Path, tmp_path: Path, calls: dict[str, int]
) -> None:
    arms = ["--model", MODELS[0], "--mode", "feature-extractor", "--experiment", "poor"]
    poor = lacking(calls, tmp_path)
    told = run_process(
        *small_run(radiographs, *arms), cwd=workplace, TRACKER_CACHE=str(tmp_path / "cache"), **poor
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert "1 run: 1 finished" in told.stdout
    assert "not sent" not in told.stdout
    (run,) = read_runs(f"sqlite:///{workplace}/mlflow.db", "poor")
    assert run.status == "FINISHED"


@pytest.mark.parametrize(
    "calls", [NO_LOCKS, pytest.param(LUSTRE, marks=pytest.mark.slow)], ids=["SMB", "Lustre"]
)
def test_journals_on_a_disk_without_locks_are_refused_before_training(
    workplace: Path, radiographs: Path, tmp_path: Path, calls: dict[str, int]
) -> None:
    told = run_process(*small_run(radiographs), cwd=workplace, **lacking(calls, tmp_path))
    assert told.returncode == 1
    (line,) = told.stderr.splitlines()
    assert line.startswith(
        f"tracker: locks between processes must work in {workplace}/.tracker, for journals"
    )
    assert line.endswith("Set TRACKER_HOME to a folder on a local disk.")
    assert list(workplace.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["doctor"], ["status"], ["compare", "--example"], ["sync"]])
def test_no_command_ends_in_a_traceback_on_a_disk_without_locks(
    workplace: Path, tmp_path: Path, arguments: list[str]
) -> None:
    told = run_process(*arguments, cwd=workplace, **lacking(NO_LOCKS, tmp_path))
    assert "Traceback" not in told.stdout + told.stderr
    assert ("locks do not work there" in told.stdout) == (arguments == ["doctor"])
