"""The trained network as a model of MLflow."""

from __future__ import annotations

from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from tests.support.recorded import Start, all_of, all_runs, record_all
from tracker.io.short_path import short_path
from tracker.tracking.backend.client import open_client
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import is_sent, rewind
from tracker.tracking.shipping.dead_letters import first_reason
from tracker.tracking.shipping.delivery import deliver


def test_the_model_loads_where_pickles_are_refused(
    client: MlflowClient, uri: str, sent: RunFolder, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    (run,) = all_runs(client, experiment)
    (output,) = run.outputs.model_outputs
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    model = mlflow.pyfunc.load_model(f"models:/{output.model_id}")
    again = model.predict(model.input_example)
    images_NHWC = np.full((3, 50, 40, 3), 51, dtype=np.uint8)
    answer = model.predict(images_NHWC)
    assert answer["tuberculosis"].tolist() == pytest.approx([0.2] * 3)
    assert list(again.columns) == ["normal", "tuberculosis"]
    assert client.get_logged_model(output.model_id).name == "network", "as journals without a name have it"
    assert model.metadata.run_id == run.info.run_id
    assert model.metadata.metadata["image_size"] == 32
    assert model.metadata.signature.outputs.input_names() == ["normal", "tuberculosis"]
    assert model.metadata.signature.params is None, "its loader knows no calibrated answers"


def test_what_a_killed_process_was_sending_is_no_hindrance_and_nothing_stays(
    client: MlflowClient, uri: str, start: Start, tmp_path: Path
) -> None:
    with start(uri) as recorder:
        record_all(recorder)
    left_behind = recorder.folder.path / "sending" / "model"
    left_behind.mkdir(parents=True)
    deliver(client, recorder.folder)
    assert is_sent(recorder.folder)
    assert not left_behind.parent.exists()


def test_in_an_embedded_store_the_network_is_the_file_beside_the_journal(
    database: str, start: Start, experiment: str
) -> None:
    with start(database) as recorder:
        record_all(recorder)
    client = open_client(database)
    deliver(client, recorder.folder)
    (run,) = all_runs(client, experiment)
    logged = client.get_logged_model(run.outputs.model_outputs[0].model_id)
    stored = Path(logged.artifact_location.removeprefix("file://")) / "data" / "model" / "card.json"
    beside = recorder.folder.path / "model" / "card.json"
    assert stored.samefile(beside)
    artifacts = stored.parents[2]
    counted = sum(file.stat().st_size for file in (stored, *artifacts.glob("*input_example.json")))
    assert f"model_size_bytes: {counted}\n" in (artifacts / "MLmodel").read_text()
    # As `mlflow gc` does.
    get_artifact_repository(logged.artifact_location).delete_artifacts()
    assert not stored.exists()
    assert "tuberculosis" in beside.read_text()


def test_a_network_that_was_changed_beside_the_journal_is_told_and_not_sent(
    database: str, start: Start, experiment: str
) -> None:
    with start(database) as recorder:
        record_all(recorder)
    client, folder = open_client(database), recorder.folder
    file = folder.path / "model" / "card.json"
    content = file.read_bytes()
    file.write_bytes(content.replace(b"tuberculosis", b"healthy     "))
    deliver(client, folder)
    (run,) = all_runs(client, experiment)
    assert run.info.status == "FINISHED"
    assert all_of(client, run)["models"] == []
    assert first_reason(folder).startswith(f"{short_path(file)} is not the file that was recorded")
    file.write_bytes(content)
    rewind(folder)
    deliver(client, folder)
    assert [status for _, status in all_of(client, run)["models"]] == ["READY"]
    assert first_reason(folder) == ""
