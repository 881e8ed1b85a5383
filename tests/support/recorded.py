"""A small run as training would record it, and MLflow as a database file and as a server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run, ViewType

from tests.support.servers import MlflowServer
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.uri import initialize_embedded
from tracker.tracking.journal.entries import Entry
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.delivery import deliver

LOADER = Path(__file__).with_name("served_by_numpy.py")

Start = Callable[..., RunRecorder]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of one embedded store for all tests: each gives its experiment a name of its own."""
    uri = f"sqlite:///{tmp_path_factory.mktemp('embedded') / 'mlflow.db'}"
    initialize_embedded(uri)
    return uri


@pytest.fixture(params=["database", "server"])
def uri(request: pytest.FixtureRequest, database: str) -> str:
    if request.param == "database":
        return database
    server: MlflowServer = request.getfixturevalue("mlflow_server")
    return server.uri


@pytest.fixture
def experiment(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


@pytest.fixture
def client(uri: str) -> MlflowClient:
    return open_client(uri)


@pytest.fixture
def start(home: Path, experiment: str) -> Start:
    def begin(tracking_uri: str, run_uid: str = "a1b2", **changes: object) -> RunRecorder:
        values: dict[str, object] = {
            "experiment": experiment,
            "run_name": "alexnet · fine-tuning · seed 0",
            "params": {"model": "alexnet", "lr": 0.01},
            "tags": {"tracker.model": "alexnet"},
        }
        return RunRecorder.start(home, run_uid=run_uid, tracking_uri=tracking_uri, **(values | changes))  # type: ignore[arg-type]

    return begin


def record_all(recorder: RunRecorder) -> None:
    """Record one of everything."""
    for context, part in (("train", "train"), ("validation", "val"), ("test", "test")):
        recorder.dataset(name=f"cxr-{part}", digest="d1", context=context, source='{"path": "cxr"}')  # type: ignore[arg-type]
    for epoch in (1, 2, 3):
        recorder.metrics({"train/loss": 1 / epoch, "val/accuracy": 0.5 + epoch / 10}, step=epoch)
    recorder.tags({"tracker.trunk_unchanged": "true"})
    recorder.artifact("recipe.yaml", b"model: alexnet\n")
    recorder.artifact("roc.png", b"not really a picture", folder="figures")
    classes = ["normal", "tuberculosis"]
    recorder.model(
        {"card.json": json.dumps({"classes": classes}).encode()},
        loader=(LOADER.name, LOADER.read_bytes()),
        classes=classes,
        pip_requirements=["numpy"],
        image_size=32,
    )


@pytest.fixture
def sent(client: MlflowClient, uri: str, start: Start, tmp_path: Path) -> RunFolder:
    """The folder of a run that MLflow has whole."""
    with start(uri) as recorder:
        record_all(recorder)
    deliver(client, recorder.folder)
    return recorder.folder


def entries(recorder: RunRecorder) -> list[Entry]:
    """Read what a run's journal says."""
    return [line.entry for line in recorder.folder.lines()]


def all_of(client: MlflowClient, run: Run) -> dict[str, Any]:
    """Everything that MLflow says about a run, in an order of its own."""
    keys = sorted(run.data.metrics)
    points = [
        (key, p.step, p.timestamp, p.value)
        for key in keys
        for p in client.get_metric_history(run.info.run_id, key)
    ]
    models = client.search_logged_models([run.info.experiment_id], f"source_run_id = '{run.info.run_id}'")
    return {
        "info": (run.info.status, run.info.start_time, run.info.end_time, run.info.run_name),
        "params": run.data.params,
        "tags": run.data.tags,
        "points": sorted(points),
        "inputs": sorted(
            (use.dataset.name, use.dataset.digest, [(tag.key, tag.value) for tag in use.tags])
            for use in run.inputs.dataset_inputs
        ),
        "outputs": [output.model_id for output in run.outputs.model_outputs],
        "models": [(model.model_id, str(model.status)) for model in models],
        "artifacts": sorted(file.path for file in client.list_artifacts(run.info.run_id)),
    }


def all_runs(client: MlflowClient, experiment: str, view: int = ViewType.ACTIVE_ONLY) -> list[Run]:
    found = client.get_experiment_by_name(experiment)
    return list(client.search_runs([found.experiment_id], run_view_type=view)) if found else []
