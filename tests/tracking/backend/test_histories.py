"""Metrics by epoch of many runs at once are what MLflow's client says of one run after the other."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import nan

import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric

from tests.support.proxies import proxy_to
from tests.support.servers import MlflowServer
from tracker.records import Point
from tracker.tracking.backend import histories
from tracker.tracking.backend.client import open_client
from tracker.tracking.backend.reader import read_runs

ADDRESS = "get-history-bulk"
Fill = Callable[[str], MlflowClient]


@pytest.fixture
def fill(experiment: str) -> Fill:
    """Put five runs with two metrics of three epochs into a store or server."""

    def make(uri: str) -> MlflowClient:
        client = open_client(uri)
        experiment_id = client.create_experiment(experiment)
        for run in range(5):
            run_id = client.create_run(experiment_id, start_time=1000 + run).info.run_id
            points = [Metric("loss", run + epoch / 7, 10 * epoch, epoch) for epoch in (1, 2, 3)]
            points += [Metric("loss", 9.5, 99, 2), Metric("loss", 8.5, 1, 3)]
            odd = [Metric("odd", nan, 5, 1), Metric("odd", float("inf"), 6, 2)] if run else []
            client.log_batch(run_id, [*points, *odd])
        return client

    return make


def alone(client: MlflowClient, run_id: str, metric: str) -> str:
    """Say what MLflow's client finds: of two values of an epoch, the later one."""
    found = sorted(client.get_metric_history(run_id, metric), key=lambda point: (point.step, point.timestamp))
    return str([Point(step, value) for step, value in {point.step: point.value for point in found}.items()])


def check_histories(client: MlflowClient, uri: str, experiment: str) -> None:
    runs = read_runs(uri, experiment, metrics=["loss", "odd", "none"])
    assert [sorted(run.history) for run in runs] == [["loss"], *[["loss", "odd"]] * 4]
    for run in runs:
        for metric, points in run.history.items():
            assert str(points) == alone(client, run.run_id, metric)


def test_they_are_what_each_run_says_alone(uri: str, fill: Fill, experiment: str) -> None:
    check_histories(fill(uri), uri, experiment)


@pytest.mark.parametrize("most", [12, 3])
def test_what_is_cut_off_is_asked_for_in_smaller_parts(
    uri: str, fill: Fill, experiment: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(histories, "_MOST_POINTS", most)
    monkeypatch.setattr(histories, "_MOST_RUNS", 4)
    check_histories(fill(uri), uri, experiment)


def test_a_server_is_asked_once_a_metric(mlflow_server: MlflowServer, fill: Fill, experiment: str) -> None:
    fill(mlflow_server.uri)
    with proxy_to(mlflow_server.port) as proxy:
        read_runs(proxy.uri, experiment)
        without = proxy.asked
        read_runs(proxy.uri, experiment, metrics=["loss", "odd"])
        assert proxy.asked - 2 * without == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("404", "Not found"),
        ("403", '{"error_code": "PERMISSION_DENIED", "message": "Permission denied"}'),
        ("200", "<html>MLflow</html>"),
        ("200", '{"metrics": []}'),
        ("200", '{"metrics": [{"run_id": "a"}]}'),
    ],
)
def test_where_a_server_has_no_such_address_each_run_is_asked_alone(
    mlflow_server: MlflowServer, fill: Fill, experiment: str, status: str, body: str
) -> None:
    client = fill(mlflow_server.uri)
    with proxy_to(mlflow_server.port) as proxy:
        proxy.answer(ADDRESS, status, body)
        check_histories(client, proxy.uri, experiment)


@pytest.mark.parametrize("most", [0, 6, 7, 8])
def test_a_server_that_cuts_off_earlier_than_it_was_asked_to_ends_no_curve(
    mlflow_server: MlflowServer, fill: Fill, experiment: str, most: int
) -> None:
    client = fill(mlflow_server.uri)
    runs = sorted(run.run_id for run in read_runs(mlflow_server.uri, experiment))
    every = [
        {"run_id": run, "key": "loss", "step": one.step, "timestamp": one.timestamp, "value": one.value}
        for run in runs
        for one in sorted(client.get_metric_history(run, "loss"), key=lambda one: one.timestamp)
    ]
    with proxy_to(mlflow_server.port) as proxy:
        proxy.answer(ADDRESS, "200", json.dumps({"metrics": every[:most]}))
        for run in read_runs(proxy.uri, experiment, metrics=["loss"]):
            assert str(run.history["loss"]) == alone(client, run.run_id, "loss")
