"""What is said of a run arrives as MLflow's own entities."""

from __future__ import annotations

from mlflow import MlflowClient

from tests.support.recorded import Start, all_runs
from tracker.tracking.shipping.cursor import forget_cursors
from tracker.tracking.shipping.delivery import deliver


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
