"""Every run once in MLflow."""

from __future__ import annotations

from dataclasses import replace

from mlflow import MlflowClient

from tests.support.recorded import Start, all_runs
from tracker.tracking.shipping.cursor import Cursor, load_cursor, save_cursor
from tracker.tracking.shipping.delivery import deliver


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
