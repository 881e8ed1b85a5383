"""The trained network as a model of MLflow."""

from __future__ import annotations

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient

from tests.support.recorded import all_runs
from tracker.tracking.journal.run_folder import RunFolder


def test_the_model_loads_where_pickles_are_refused(
    client: MlflowClient, uri: str, sent: RunFolder, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    (run,) = all_runs(client, experiment)
    (output,) = run.outputs.model_outputs
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    try:
        model = mlflow.pyfunc.load_model(f"models:/{output.model_id}")
        again = model.predict(model.input_example)
    finally:
        mlflow.set_tracking_uri(before)
    images_NHWC = np.full((3, 50, 40, 3), 51, dtype=np.uint8)
    answer = model.predict(images_NHWC)
    assert answer["tuberculosis"].tolist() == pytest.approx([0.2] * 3)
    assert list(again.columns) == ["normal", "tuberculosis"]
    assert client.get_logged_model(output.model_id).name == "network", "as journals without a name have it"
    assert model.metadata.run_id == run.info.run_id
    assert model.metadata.metadata["image_size"] == 32
    assert model.metadata.signature.outputs.input_names() == ["normal", "tuberculosis"]
