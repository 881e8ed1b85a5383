"""Whole runs in MLflow, over a database file and over a server."""

from __future__ import annotations

from pathlib import Path

from mlflow import MlflowClient

from tests.support.recorded import Start, all_of, all_runs
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import is_sent, load_cursor
from tracker.tracking.shipping.delivery import deliver


def test_a_whole_run_is_in_mlflow(client: MlflowClient, sent: RunFolder, experiment: str) -> None:
    (run,) = all_runs(client, experiment)
    found = all_of(client, run)
    assert found["info"][0] == "FINISHED"
    assert found["info"][3] == "alexnet · fine-tuning · seed 0"
    assert found["info"][2] >= found["info"][1] > 1_600_000_000_000
    assert found["params"] == {"model": "alexnet", "lr": "0.01"}
    assert {"tracker.run_uid": "a1b2", "tracker.trunk_unchanged": "true"}.items() <= found["tags"].items()
    losses = [(step, value) for key, step, _, value in found["points"] if key == "train/loss"]
    assert losses == [(1, 1.0), (2, 0.5), (3, 1 / 3)]
    assert found["inputs"] == [
        (f"cxr-{part}", "d1", [("mlflow.data.context", context)])
        for part, context in (("test", "test"), ("train", "train"), ("val", "validation"))
    ]
    assert found["artifacts"] == ["figures", "recipe.yaml"]
    local = client.download_artifacts(run.info.run_id, "recipe.yaml", str(sent.path))
    assert Path(local).read_bytes() == b"model: alexnet\n"
    assert is_sent(sent)


def test_a_run_that_a_user_deleted_stays_deleted(
    client: MlflowClient, uri: str, start: Start, experiment: str
) -> None:
    with start(uri) as recorder:
        deliver(client, recorder.folder)
        (run,) = all_runs(client, experiment)
        client.delete_run(run.info.run_id)
        recorder.metrics({"loss": 1.0}, step=1)
    deliver(client, recorder.folder)
    assert all_runs(client, experiment) == []
    assert load_cursor(recorder.folder).deleted
    assert is_sent(recorder.folder)
