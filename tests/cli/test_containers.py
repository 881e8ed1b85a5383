"""`tracker` in a container: its first process, under a number, with little that can be written."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.command import small_run
from tests.support.containers import first_process, started, wait_for_library, without

TRACKER = [sys.executable, "-m", "tracker"]


def test_a_container_that_is_stopped_while_it_begins_ends_at_once(workplace: Path, radiographs: Path) -> None:
    with started([*TRACKER, *small_run(radiographs)]) as process:
        pid = first_process(process)
        wait_for_library(pid, "libtorch")
        os.kill(pid, signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 143
    assert errors == "tracker: ended by SIGTERM, as asked\n"


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
