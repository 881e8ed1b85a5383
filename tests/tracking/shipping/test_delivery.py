"""Whole runs in MLflow, over a database file and over a server."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run, ViewType

from tests.support.recorded import Start, all_runs, record_all
from tracker.tracking.backend.client import open_client
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import Cursor, forget_cursors, is_sent, load_cursor, save_cursor
from tracker.tracking.shipping.delivery import deliver
from tracker.tracking.shipping.lock import sole_sender


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


@pytest.fixture
def client(uri: str) -> MlflowClient:
    return open_client(uri)


@pytest.fixture
def sent(client: MlflowClient, uri: str, start: Start, tmp_path: Path) -> RunFolder:
    """The folder of a run that MLflow has whole."""
    with start(uri) as recorder:
        record_all(recorder, tmp_path)
    deliver(client, recorder.folder)
    return recorder.folder


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
    assert model.metadata.run_id == run.info.run_id
    assert model.metadata.metadata["image_size"] == 32
    assert model.metadata.signature.outputs.input_names() == ["normal", "tuberculosis"]


def test_sending_all_of_it_again_changes_nothing(
    client: MlflowClient, sent: RunFolder, experiment: str
) -> None:
    (run,) = all_runs(client, experiment)
    before = all_of(client, run)
    forget_cursors([sent])
    deliver(client, sent)
    save_cursor(sent, replace(load_cursor(sent), offset=0))
    deliver(client, sent)
    (run,) = all_runs(client, experiment, ViewType.ALL)
    assert all_of(client, run) == before


def deliver_as_a_shipper(client: MlflowClient, folder: RunFolder) -> None:
    """Send all of a run whenever nobody else is sending it."""
    while not is_sent(folder):
        with sole_sender(folder) as alone:
            if alone:
                deliver(client, folder)


def test_two_shippers_at_once_make_one_run(
    client: MlflowClient, uri: str, start: Start, experiment: str
) -> None:
    with start(uri) as recorder:
        for step in range(1, 30):
            recorder.metrics({"loss": 1 / step}, step=step)
    threads = [
        threading.Thread(target=deliver_as_a_shipper, args=(client, recorder.folder)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Not even one that was created and then deleted.
    (run,) = all_runs(client, experiment, ViewType.ALL)
    assert len(client.get_metric_history(run.info.run_id, "loss")) == 29
    assert run.info.status == "FINISHED"


def test_of_two_runs_that_were_created_at_once_the_smallest_id_stays(
    client: MlflowClient, uri: str, start: Start, experiment: str
) -> None:
    experiment_id = client.create_experiment(experiment)
    made = [client.create_run(experiment_id, tags={"tracker.run_uid": "a1b2"}).info.run_id for _ in range(3)]
    with start(uri) as recorder:
        pass
    # This one goes on with a run that another shipper is about to delete.
    save_cursor(recorder.folder, Cursor(run_id=max(made)))
    client.delete_run(max(made))
    deliver(client, recorder.folder)
    (run,) = all_runs(client, experiment)
    assert run.info.run_id == min(made)
    assert run.info.status == "FINISHED"
    assert run.data.params["model"] == "alexnet"


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


def test_a_run_that_a_user_deleted_stays_deleted_although_its_cursor_is_lost(
    client: MlflowClient, uri: str, start: Start, experiment: str
) -> None:
    with start(uri) as recorder:
        deliver(client, recorder.folder)
        client.delete_run(all_runs(client, experiment)[0].info.run_id)
    forget_cursors([recorder.folder])
    deliver(client, recorder.folder)
    assert all_runs(client, experiment) == []
    assert load_cursor(recorder.folder).deleted


def test_a_run_that_goes_on_is_running_again_without_an_end_and_without_a_reason(
    client: MlflowClient, uri: str, start: Start, experiment: str
) -> None:
    recorder = start(uri)
    recorder.finish("KILLED", "interrupted")
    recorder.close()
    deliver(client, recorder.folder)
    (killed,) = all_runs(client, experiment)
    assert killed.info.status == "KILLED"
    assert killed.info.end_time > 0
    assert killed.data.tags["tracker.reason"] == "interrupted"

    recorder = start(uri)
    deliver(client, recorder.folder)
    (again,) = all_runs(client, experiment)
    assert again.info.run_id == killed.info.run_id
    assert again.info.status == "RUNNING"
    assert not again.info.end_time
    assert "tracker.reason" not in again.data.tags
    (found,) = client.search_runs([again.info.experiment_id], "attributes.status = 'RUNNING'")
    assert found.info.run_name == killed.info.run_name

    recorder.finish("FINISHED")
    recorder.close()
    deliver(client, recorder.folder)
    (ended,) = all_runs(client, experiment)
    assert ended.info.status == "FINISHED"
    assert ended.info.end_time >= killed.info.end_time


def test_a_journal_that_lost_lines_which_mlflow_has_is_sent_from_its_start(
    client: MlflowClient, uri: str, start: Start, experiment: str
) -> None:
    with start(uri) as recorder:
        recorder.metrics({"loss": 1.0}, step=1)
        recorder.metrics({"loss": 0.5}, step=2)
    deliver(client, recorder.folder)
    journal = recorder.folder.journal
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-2]))
    assert not is_sent(recorder.folder)
    with start(uri) as recorder:
        recorder.metrics({"loss": 0.5, "new": 0.25}, step=2)
    deliver(client, recorder.folder)
    assert is_sent(recorder.folder)
    (run,) = all_runs(client, experiment)
    assert run.info.status == "FINISHED"
    assert run.data.metrics == {"loss": 0.5, "new": 0.25}


def test_a_run_that_the_server_does_not_know_any_more_is_made_again(
    client: MlflowClient, uri: str, start: Start, experiment: str
) -> None:
    with start(uri) as recorder:
        recorder.metrics({"loss": 1.0}, step=1)
        deliver(client, recorder.folder)
        lost = replace(load_cursor(recorder.folder), run_id="0" * 32)
        # As nobody knows it any more: neither by its id nor by its tag.
        client.delete_tag(all_runs(client, experiment)[0].info.run_id, "tracker.run_uid")
        client.delete_run(all_runs(client, experiment)[0].info.run_id)
        save_cursor(recorder.folder, lost)
        recorder.metrics({"loss": 0.5}, step=2)
    deliver(client, recorder.folder)
    (run,) = all_runs(client, experiment)
    assert len(client.get_metric_history(run.info.run_id, "loss")) == 2


def test_what_mlflow_would_refuse_arrives_in_a_form_that_it_takes(
    client: MlflowClient, uri: str, start: Start, experiment: str
) -> None:
    params = {"odd @ key": "a\0b", "long": "x" * 7000, "empty": "", "none": None}
    with start(uri, params=params, tags={"long": "y" * 9000}) as recorder:
        recorder.metrics({"inf": float("inf"), "nan": float("nan"), "p(TB)": 0.5}, step=1)
    deliver(client, recorder.folder)
    forget_cursors([recorder.folder])
    deliver(client, recorder.folder)
    (run,) = all_runs(client, experiment)
    assert len(run.data.params["long"]) == 6000
    assert len(run.data.tags["long"]) == 8000
    assert run.data.params["empty"] == ""
    assert run.data.params["none"] == "None"
    assert [len(client.get_metric_history(run.info.run_id, key)) for key in run.data.metrics] == [1, 1, 1]
    assert run.info.status == "FINISHED"
