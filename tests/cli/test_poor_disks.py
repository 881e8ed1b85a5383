"""Disks without hard links, locks, rights or folder syncs: `tracker` works there, or says why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import MODELS, Outcome, run_process, small_run
from tests.support.poor_disks import EXFAT, FUSE, LUSTRE, NO_LOCKS, NO_RIGHTS, lacking
from tracker.tracking.backend.reader import read_runs
from tracker.tracking.journal.recorder import RunRecorder

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
    ("calls", "must", "do"),
    [
        (NO_LOCKS, "locks between processes must work in {}/.tracker, for journals,", "Set TRACKER_HOME to"),
        pytest.param(
            LUSTRE, "locks between processes must work in {}", "TRACKER_HOME", marks=pytest.mark.slow
        ),
        pytest.param(NO_RIGHTS, "the rights of files must be", "--tracking-uri", marks=pytest.mark.slow),
    ],
)
def test_a_disk_on_which_no_run_can_be_recorded_is_refused_before_training(
    workplace: Path, radiographs: Path, tmp_path: Path, calls: dict[str, int], must: str, do: str
) -> None:
    told = run_process(*small_run(radiographs), "--dry-run", cwd=workplace, **lacking(calls, tmp_path))
    assert (told.returncode, told.stdout) == (1, "")
    (line,) = told.stderr.splitlines()
    assert line.startswith(f"tracker: {must.format(workplace)}")
    assert do in line
    assert list(workplace.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["doctor"], ["status"], ["compare", "--example"], ["sync"]])
def test_no_command_ends_in_a_traceback_on_a_disk_without_locks(
    workplace: Path, tmp_path: Path, arguments: list[str]
) -> None:
    told = run_process(*arguments, cwd=workplace, **lacking(NO_LOCKS, tmp_path))
    assert "Traceback" not in told.stdout + told.stderr
    assert ("locks do not work there" in told.stdout) == (arguments == ["doctor"])


@pytest.mark.slow
def test_journals_that_came_to_a_disk_without_locks_say_why_they_are_not_sent(
    workplace: Path, tmp_path: Path
) -> None:
    RunRecorder.start(
        workplace / ".tracker",
        run_uid="a",
        experiment="poor",
        run_name="a",
        params={},
        tags={},
        tracking_uri="http://127.0.0.1:9",
    ).close()
    told = run_process("sync", cwd=workplace, **lacking(NO_LOCKS, tmp_path))
    assert told.returncode == 1
    assert "NoLocks" not in told.stdout + told.stderr
    assert "\n  locks between processes must work in" in told.stdout
