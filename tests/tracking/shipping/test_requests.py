"""Each kind of request, sent and sent again."""

from __future__ import annotations

from pathlib import Path

from mlflow import MlflowClient

from tests.support.recorded import Start, all_of, all_runs, record_all
from tracker.tracking.journal.entries import Artifact, DatasetUse, Metrics, ModelUse, Status, TrainedModel
from tracker.tracking.shipping.delivery import deliver
from tracker.tracking.shipping.requests import Request, send_request


def test_each_request_says_its_own_and_nothing_when_it_is_sent_again(
    client: MlflowClient, uri: str, start: Start, experiment: str, tmp_path: Path
) -> None:
    recorder = start(uri)
    deliver(client, recorder.folder)
    (run,) = all_runs(client, experiment)
    record_all(recorder)
    recorder.finish("FINISHED")  # type: ignore[arg-type]
    recorder.close()

    def send(request: Request) -> dict[str, object]:
        send_request(client, run.info.run_id, recorder.folder, request)
        return all_of(client, client.get_run(run.info.run_id))

    for line in recorder.folder.lines():
        before = all_of(client, client.get_run(run.info.run_id))
        once, twice = send(line.entry), send(line.entry)
        assert once == twice
        assert (once != before) == isinstance(line.entry, DatasetUse | Artifact | TrainedModel | Status)
        if isinstance(line.entry, Metrics):
            assert once["points"] == [], "metrics come in batches"


def test_a_network_that_is_asked_is_an_input_once(
    client: MlflowClient, uri: str, start: Start, experiment: str
) -> None:
    recorder = start(uri)
    record_all(recorder)
    recorder.asks("m-" + "0" * 32)
    deliver(client, recorder.folder)
    (run,) = all_runs(client, experiment)
    (entry,) = [line.entry for line in recorder.folder.lines() if isinstance(line.entry, ModelUse)]
    (model,) = client.search_logged_models([run.info.experiment_id])
    for _ in range(2):
        send_request(client, run.info.run_id, recorder.folder, ModelUse(model_id=model.model_id))
        send_request(client, run.info.run_id, recorder.folder, entry)
    asked = [one.model_id for one in client.get_run(run.info.run_id).inputs.model_inputs]
    assert sorted(asked) == sorted([model.model_id, entry.model_id])
    recorder.finish("FINISHED")  # type: ignore[arg-type]
    recorder.close()
