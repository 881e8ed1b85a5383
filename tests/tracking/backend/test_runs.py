"""Every run once in MLflow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

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


@pytest.mark.parametrize("ended", [True, False])
def test_what_was_sent_to_a_run_that_could_not_be_deleted_is_sent_to_the_one_that_is_kept(
    client: MlflowClient, uri: str, start: Start, experiment: str, ended: bool
) -> None:
    with start(uri) as recorder:
        recorder.metrics({"loss": 1.0}, step=1)
        deliver(client, recorder.folder)
        loser = all_runs(client, experiment)[0]
        client.delete_tag(loser.info.run_id, "tracker.run_uid")
        kept = client.create_run(loser.info.experiment_id, tags={"tracker.run_uid": "a1b2"})
        recorder.metrics({"loss": 0.5}, step=2)
        if not ended:
            deliver(client, recorder.folder)
            assert losses(client, kept) == [1.0, 0.5]
    deliver(client, recorder.folder, goes_on=ended)
    assert losses(client, kept) == [1.0, 0.5]
    assert losses(client, loser) == ([1.0, 0.5] if ended else [1.0])
    assert client.get_run(kept.info.run_id).info.status == "FINISHED"
    assert load_cursor(recorder.folder).run_id == kept.info.run_id


def test_a_run_is_nested_in_the_one_that_is_kept(
    client: MlflowClient, uri: str, start: Start, experiment: str
) -> None:
    with start(uri) as study, start(uri, "c3d4", parent_uid="a1b2") as trial:
        deliver(client, study.folder)
        loser = all_runs(client, experiment)[0]
        client.delete_tag(loser.info.run_id, "tracker.run_uid")
        kept = client.create_run(loser.info.experiment_id, tags={"tracker.run_uid": "a1b2"})
        deliver(client, trial.folder)
        tags = client.get_run(load_cursor(trial.folder).run_id).data.tags
        assert tags["mlflow.parentRunId"] == kept.info.run_id


def losses(client: MlflowClient, run: Run) -> list[float]:
    return [point.value for point in client.get_metric_history(run.info.run_id, "loss")]


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
