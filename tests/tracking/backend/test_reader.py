from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow.entities import Metric, RunTag

from tests.support.odd_servers import Quiet, serving
from tests.support.recorded import Start
from tests.support.servers import free_port
from tracker.errors import TrackingError
from tracker.records import PREDICTIONS, Point, Prediction
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.predictions import predictions_csv
from tracker.tracking.backend.reader import read_predictions, read_runs
from tracker.tracking.shipping.delivery import deliver

PREDICTED = [Prediction("1.png", "test", "final", "TB", {"TB": 0.1 + 0.2, "normal": 1e-300})]


def test_runs_are_read_back_with_the_histories_that_were_asked_for(
    uri: str, start: Start, experiment: str
) -> None:
    with start(uri) as recorder:
        for epoch in (1, 2, 10):
            recorder.metrics({"train/loss": 1 / epoch, "val/loss": 2.0}, step=epoch)
    deliver(open_client(uri), recorder.folder)
    (run,) = read_runs(uri, experiment, metrics=["train/loss", "no such metric"])
    assert run.name == "alexnet · fine-tuning · seed 0"
    assert run.status == "FINISHED"
    assert run.params == {"model": "alexnet", "lr": "0.01"}
    assert run.tags["tracker.model"] == "alexnet"
    assert run.metrics == {"train/loss": 0.1, "val/loss": 2.0}
    assert run.history == {"train/loss": [Point(1, 1.0), Point(2, 0.5), Point(10, 0.1)]}


def test_all_pages_are_read_and_deleted_runs_left_out(uri: str, experiment: str) -> None:
    client = open_client(uri)
    experiment_id = client.create_experiment(experiment)
    made = [client.create_run(experiment_id, start_time=1000 + i // 3).info.run_id for i in range(12)]
    client.delete_run(made[5])
    found = [run.run_id for run in read_runs(uri, experiment, page_size=4)]
    assert sorted(found) == sorted(set(made) - {made[5]})
    assert [run.start_time for run in read_runs(uri, experiment)] == sorted(
        1000 + i // 3 for i in range(12) if i != 5
    )


@pytest.mark.slow
def test_more_runs_than_a_page_of_mlflow_are_read(database: str, experiment: str) -> None:
    client = open_client(database)
    experiment_id = client.create_experiment(experiment)
    for _ in range(1003):
        client.create_run(experiment_id)
    assert len(read_runs(database, experiment)) == 1003


def test_of_two_values_of_one_step_the_later_one_counts(database: str, experiment: str) -> None:
    client = open_client(database)
    run_id = client.create_run(client.create_experiment(experiment)).info.run_id
    client.log_batch(run_id, [Metric("loss", 2.0, 20, 1), Metric("loss", 9.0, 10, 1)], [], [RunTag("a", "b")])
    (run,) = read_runs(database, experiment, metrics=["loss"])
    assert run.history == {"loss": [Point(1, 2.0)]}


def test_an_unknown_experiment_names_the_nearest_first(uri: str, experiment: str) -> None:
    client = open_client(uri)
    client.create_experiment(f"{experiment}-shenzhen")
    client.delete_experiment(client.create_experiment(f"{experiment}-gone"))
    name = experiment.partition("[")[0]
    with pytest.raises(TrackingError, match=f"those there are {name}.*-shenzhen"):
        read_runs(uri, f"{experiment}-shenzen")
    with pytest.raises(TrackingError, match="-gone' must not be deleted"):
        read_runs(uri, f"{experiment}-gone")


def test_no_store_and_no_server_are_one_line_each(tmp_path: Path) -> None:
    with pytest.raises(TrackingError, match="no runs here"):
        read_runs(f"sqlite:///{tmp_path}/mlflow.db", "cxr")
    address = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(TrackingError, match=f"{address} must answer, but it cannot be reached") as caught:
        read_runs(address, "cxr")
    assert "\n" not in str(caught.value)


@pytest.fixture(params=[401, 403, 404, 200])
def stranger(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """A web server that is not MLflow, or lets nobody in."""

    class Handler(Quiet):
        def answer(self) -> None:
            self.send_response(request.param)
            self.end_headers()
            self.wfile.write(b"<html>hello</html>")

        do_GET = do_POST = answer  # noqa: N815

    with serving(Handler) as uri:
        yield uri, request.param


def test_a_server_that_is_not_ours_to_read_is_one_line(stranger: tuple[str, int]) -> None:
    address, status = stranger
    said = (
        f"must let us read, but it is behind something else that answers {status}, .* not MLflow: hello"
        if status in (401, 403)
        else f"must answer, but it (says: |answers {status} to |answers as MLflow does not)"
    )
    with pytest.raises(TrackingError, match=f"{address} {said}") as caught:
        read_runs(address, "cxr")
    assert "\n" not in str(caught.value)


def test_predictions_come_back_exactly(uri: str, start: Start, experiment: str) -> None:
    with start(uri) as recorder:
        recorder.artifact(PREDICTIONS, predictions_csv(PREDICTED).encode())
    client = open_client(uri)
    deliver(client, recorder.folder)
    (run,) = read_runs(uri, experiment)
    assert read_predictions(uri, run.run_id) == PREDICTED


def test_a_run_without_predictions_says_what_it_has(database: str, start: Start, experiment: str) -> None:
    with start(database) as recorder:
        recorder.artifact("recipe.yaml", b"")
    deliver(open_client(database), recorder.folder)
    (run,) = read_runs(database, experiment)
    with pytest.raises(
        TrackingError, match=r"must have the artifact predictions\.csv, but it has recipe\.yaml"
    ):
        read_predictions(database, run.run_id)
