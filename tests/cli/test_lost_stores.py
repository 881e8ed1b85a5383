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
from tests.support.command import Outcome, small_run
from tracker.errors import TrackingError

Tracker = Callable[..., Outcome]
ARM = ("--model", "squeezenet1_1", "--mode", "feature-extractor", "--experiment", "one")
NOTHING_STORED = ("--log-model", "none")


@pytest.fixture
def arm(radiographs: Path) -> list[str]:
    return small_run(radiographs, *ARM, *NOTHING_STORED)


def client_of(folder: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{folder}/mlflow.db")


def artifacts_of(folder: Path) -> dict[str, list[str]]:
    client = client_of(folder)
    experiment = client.get_experiment_by_name("one")
    runs = client.search_runs([experiment.experiment_id])
    models = [one.name for one in client.search_logged_models([experiment.experiment_id])]
    return {
        run.info.run_name: [one.path for one in client.list_artifacts(run.info.run_id)] + models
        for run in runs
    }


def test_what_was_deleted_is_said_with_the_way_back(
    tracker: Tracker, workplace: Path, arm: list[str]
) -> None:
    assert tracker(*arm).code == 0
    whole, held = tracker("compare"), artifacts_of(workplace)
    client = client_of(workplace)
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
    assert "not sent yet: tracker sync" in tracker("status").out
    assert tracker("sync").out == "everything is sent\n"
    assert tracker("compare") == whole
    assert artifacts_of(workplace) == held


@pytest.mark.slow
def test_models_come_back_with_their_runs(tracker: Tracker, workplace: Path, radiographs: Path) -> None:
    tracker(*small_run(radiographs, *ARM, "--log-model", "all"))
    held = artifacts_of(workplace)
    assert len(*held.values()) > 1
    (workplace / "mlflow.db").rename(workplace / "elsewhere.db")
    assert tracker("sync").code == 0
    assert artifacts_of(workplace) == held


@pytest.mark.slow
def test_a_store_that_was_emptied_is_filled_again(tracker: Tracker, workplace: Path, arm: list[str]) -> None:
    tracker(*arm)
    whole = tracker("compare")
    (workplace / "mlflow.db").unlink()
    # Whoever looks at it with MLflow alone makes an empty one.
    look = f"from mlflow import MlflowClient as C; C('sqlite:///{workplace}/mlflow.db').search_experiments()"
    subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, timeout=120)
    for more in ([], ["--experiment", "one"]):
        told = tracker("compare", *more)
        assert told.code == 1
        assert "it has none of 1 run whose journals are in .tracker" in told.err
        assert "Send them again: tracker sync --all" in told.err
    assert tracker("sync", "--all").code == 0
    assert tracker("compare") == whole


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
