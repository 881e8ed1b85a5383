"""What MLflow had and has no more: every command says so, and what gets out of it does."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient

import tracker as public
from tests.support.command import Outcome, run_process, small_run
from tracker.errors import TrackingError

Tracker = Callable[..., Outcome]
ARM = ("--model", "squeezenet1_1", "--mode", "feature-extractor", "--experiment", "one")
NOTHING_STORED = ("--log-model", "none")


@pytest.fixture
def arm(radiographs: Path) -> list[str]:
    return small_run(radiographs, *ARM, *NOTHING_STORED)


def client_of(folder: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{folder}/mlflow.db")


def told_by(folder: Path, *arguments: str) -> tuple[int, str]:
    """Ask in a process of its own: in one process, MLflow goes on reading a file that is gone."""
    ended = run_process(*arguments, cwd=folder)
    return ended.returncode, ended.stdout


def artifacts_of(folder: Path) -> str:
    code = (
        "from mlflow import MlflowClient; c = MlflowClient('sqlite:///mlflow.db');"
        "(e,) = [e.experiment_id for e in c.search_experiments() if e.name == 'one'];"
        "print([[f.path for f in c.list_artifacts(r.info.run_id)] for r in c.search_runs([e])]);"
        "print([m.name for m in c.search_logged_models([e])])"
    )
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True, timeout=120
    ).stdout


def test_what_was_deleted_is_said_with_the_way_back(
    tracker: Tracker, workplace: Path, arm: list[str]
) -> None:
    assert tracker(*arm).code == 0
    whole, client = tracker("compare"), client_of(workplace)
    experiment = client.get_experiment_by_name("one").experiment_id
    (run,) = client.search_runs([experiment])

    client.delete_run(run.info.run_id)
    told = tracker("compare")
    assert f"'one' was deleted in MLflow: MLFLOW_TRACKING_URI=sqlite:///{workplace}/mlflow.db" in told.err
    assert f"mlflow runs restore --run-id {run.info.run_id} brings it back" in told.err
    client.restore_run(run.info.run_id)

    client.delete_experiment(experiment)
    way = f"mlflow experiments restore --experiment-id {experiment}"
    for command in (["compare"], ["compare", "--experiment", "one"]):
        told = tracker(*command)
        assert told.code == 1
        assert "experiment 'one' must not be deleted, but somebody deleted it in mlflow.db" in told.err
        assert way in told.err
    assert way in tracker(*arm, "--dry-run").out
    told = tracker(*arm)
    assert told.out.index(way) < told.out.index("1 run: 1 skipped")
    client.restore_experiment(experiment)
    assert tracker("compare") == whole

    (workplace / "mlflow.db").rename(workplace / "elsewhere.db")
    for command in ("compare", "ui"):
        told = tracker(command)
        assert told.code == 1
        assert "that file is gone, while the journals of 1 run that it had are in .tracker" in told.err
        assert "Build it again from them: tracker sync" in told.err
    with pytest.raises(TrackingError, match="Build it again from them: tracker sync"):
        public.load_runs()
    assert "Build it again from them: tracker sync" in tracker("status").err


@pytest.mark.slow
def test_a_file_that_is_gone_is_built_again_with_artifacts_and_models(
    tracker: Tracker, workplace: Path, radiographs: Path
) -> None:
    tracker(*small_run(radiographs, *ARM, "--log-model", "all"))
    whole, held = told_by(workplace, "compare"), artifacts_of(workplace)
    assert "confusion_matrix.png" in held
    assert "squeezenet1_1-feature-extractor" in held
    (workplace / "mlflow.db").rename(workplace / "elsewhere.db")
    assert told_by(workplace, "sync") == (0, "everything is sent\n")
    assert told_by(workplace, "compare") == whole
    assert artifacts_of(workplace) == held


@pytest.mark.slow
def test_a_store_that_was_emptied_is_filled_again(tracker: Tracker, workplace: Path, arm: list[str]) -> None:
    tracker(*arm)
    whole = told_by(workplace, "compare")
    (workplace / "mlflow.db").unlink()
    # Whoever looks at it with MLflow alone makes an empty one.
    look = "from mlflow import MlflowClient; MlflowClient('sqlite:///mlflow.db').search_experiments()"
    subprocess.run([sys.executable, "-c", look], cwd=workplace, check=True, capture_output=True, timeout=120)
    for more in ([], ["--experiment", "one"]):
        told = run_process("compare", *more, cwd=workplace)
        assert told.returncode == 1
        assert "it has none of 1 run whose journals are in .tracker" in told.stderr
        assert "Send them again: tracker sync --all" in told.stderr
    assert told_by(workplace, "sync", "--all")[0] == 0
    assert told_by(workplace, "compare") == whole


@pytest.mark.slow
def test_what_is_told_to_be_typed_brings_an_experiment_back(
    tracker: Tracker, workplace: Path, arm: list[str]
) -> None:
    tracker(*arm)
    whole, client = tracker("compare"), client_of(workplace)
    client.delete_experiment(client.get_experiment_by_name("one").experiment_id)
    command = re.search(r"\((MLFLOW.*?)\)", tracker("compare").err)
    assert command is not None
    subprocess.run(["env", *shlex.split(command[1])], check=True, capture_output=True, timeout=120)
    assert tracker("compare") == whole
