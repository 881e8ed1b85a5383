"""What a run measured is said of its model and the data set, too, and no point of the run is there twice."""

from __future__ import annotations

import math
import sqlite3

import pytest
from mlflow import MlflowClient

from tests.support.recorded import Start, all_of, all_runs, record_all
from tracker.tracking.backend.client import open_client
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import rewind
from tracker.tracking.shipping.delivery import deliver

Point = tuple[str, float, int, str | None, str | None]


def test_a_network_is_found_by_what_was_measured_of_it_on_a_data_set(
    client: MlflowClient, sent: RunFolder, experiment: str
) -> None:
    (run,) = all_runs(client, experiment)
    assert of_the_model(client, experiment) == [
        ("train/loss", pytest.approx(1 / 3), 3, "cxr-train", "d1"),
        ("val/accuracy", pytest.approx(0.8), 3, "cxr-val", "d1"),
    ]
    named = [run.info.experiment_id]
    found = client.search_logged_models(named, "metrics.`val/accuracy` > 0.7")
    assert [model.source_run_id for model in found] == [run.info.run_id]
    assert not client.search_logged_models(named, "metrics.`val/accuracy` > 0.81")
    on_other_images = [{"dataset_name": "cxr-train", "dataset_digest": "d1"}]
    assert not client.search_logged_models(named, "metrics.`val/accuracy` > 0.7", on_other_images)


def test_no_point_of_a_run_is_there_twice_however_often_its_network_is_sent(
    database: str, start: Start, experiment: str
) -> None:
    with start(database) as recorder:
        record_all(recorder)
    client = open_client(database)
    deliver(client, recorder.folder)
    (run,) = all_runs(client, experiment)
    before, rows = all_of(client, run), stored_points(database, run.info.run_id)
    assert rows == (6, 2), "three epochs of two metrics; of the model, those of the last epoch"
    for _ in range(2):
        rewind(recorder.folder)
        deliver(client, recorder.folder)
    assert stored_points(database, run.info.run_id) == rows
    (run,) = all_runs(client, experiment)
    assert all_of(client, run) == before


def test_what_a_process_that_died_did_not_say_of_its_model_is_said_by_the_next(
    database: str, start: Start, experiment: str
) -> None:
    with start(database) as recorder:
        record_all(recorder)
    client = open_client(database)
    deliver(client, recorder.folder)
    (run,) = all_runs(client, experiment)
    with sqlite3.connect(database.removeprefix("sqlite:///")) as store:
        # As if it had been killed after the first of the two.
        store.execute(
            "DELETE FROM logged_model_metrics WHERE run_id = ? AND metric_name = 'val/accuracy'",
            [run.info.run_id],
        )
    rewind(recorder.folder)
    deliver(client, recorder.folder)
    assert stored_points(database, run.info.run_id) == (6, 2)


def test_what_is_no_number_or_no_result_of_the_network_is_not_said_of_it(
    database: str, start: Start, experiment: str
) -> None:
    with start(database) as recorder:
        recorder.metrics({"test/loss": 1.0}, step=1)
        values = {"val/loss": math.nan, "val/auroc": 0.7, "train/images_per_second": 9.0, "best/epoch": 1.0}
        recorder.metrics(values, step=2)
        record_all(recorder)
    client = open_client(database)
    deliver(client, recorder.folder)
    assert [key for key, *_ in of_the_model(client, experiment)] == ["train/loss", "val/accuracy"]


def of_the_model(client: MlflowClient, experiment: str) -> list[Point]:
    (run,) = all_runs(client, experiment)
    logged = client.get_logged_model(run.outputs.model_outputs[0].model_id)
    return sorted((m.key, m.value, m.step, m.dataset_name, m.dataset_digest) for m in logged.metrics)


def stored_points(database: str, run_id: str) -> tuple[int, int]:
    """Count the rows that the database has of a run's metrics, and of those of its model."""
    with sqlite3.connect(database.removeprefix("sqlite:///")) as store:
        (of_run,) = store.execute("SELECT COUNT(*) FROM metrics WHERE run_uuid = ?", [run_id]).fetchone()
        (of_model,) = store.execute(
            "SELECT COUNT(*) FROM logged_model_metrics WHERE run_id = ?", [run_id]
        ).fetchone()
    return of_run, of_model
