"""The addresses that `tracker ui` prints lead to charts, the losses first."""

from __future__ import annotations

import json
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from rich.cells import cell_len

from tests.support.recorded import Start
from tracker.errors import TrackingError
from tracker.tracking.backend.client import open_client
from tracker.tracking.shipping.delivery import deliver
from tracker.ui.charts import VIEW_TAG, charts_address, view_value
from tracker.ui.pages import Page, Pages, find_pages, pages_text


@pytest.fixture
def early(experiment: str) -> str:
    return f"{experiment}-early"


@pytest.fixture
def late(experiment: str) -> str:
    return f"{experiment}-late"


@pytest.fixture
def client(database: str, start: Start, early: str, late: str) -> MlflowClient:
    """A store in which the experiment that is tracked last was made neither first nor last."""
    client = open_client(database)
    for number, name in enumerate((f"{early}-of-all", early, late, early)):
        with start(database, f"run{number}", experiment=name) as recorder:
            recorder.metrics({"train/loss": 1.0}, step=1)
        deliver(client, recorder.folder)
    return client


def id_of(client: MlflowClient, name: str) -> str:
    return str(client.get_experiment_by_name(name).experiment_id)


def test_the_experiment_that_was_tracked_last_comes_first(
    client: MlflowClient, database: str, early: str, late: str
) -> None:
    pages = find_pages(database, ours=True)
    assert pages.first is not None
    assert pages.first.experiment == early
    assert late in [page.experiment for page in pages.others]
    assert pages.address.endswith(
        f"/#/experiments/{id_of(client, early)}/runs?workflowType=machine_learning"
        "&compareRunsMode=CHART&viewStateShareKey=tracker"
    )
    asked = find_pages(database, experiment=late, ours=True)
    assert f"/experiments/{id_of(client, late)}/runs" in asked.address


def test_a_shared_server_is_given_the_view_of_what_is_shown_alone(
    client: MlflowClient, database: str, early: str, late: str
) -> None:
    assert "viewStateShareKey" in find_pages(database, ours=False).address
    assert client.get_experiment_by_name(early).tags[VIEW_TAG] == view_value()
    assert VIEW_TAG not in client.get_experiment_by_name(late).tags
    find_pages(database, ours=True)
    assert client.get_experiment_by_name(late).tags[VIEW_TAG] == view_value()


def test_an_experiment_that_is_not_there_names_those_that_are(
    client: MlflowClient, database: str, early: str
) -> None:
    with pytest.raises(TrackingError, match=f"must be in this store, but those there are .*{early}"):
        find_pages(database, experiment="another", ours=True)


def test_the_losses_are_the_first_charts_and_what_has_one_point_a_run_is_closed() -> None:
    view = json.loads(view_value())
    state = json.loads(view["state"])
    first, *others = state["compareRunSections"]
    charts = [chart["metricKey"] for chart in state["compareRunCharts"]]
    assert charts[:2] == ["train/loss", "val/loss"]
    assert {chart["metricSectionId"] for chart in state["compareRunCharts"]} == {first["uuid"]}
    assert first["display"]
    assert not any(section["display"] for section in others)
    assert {"best/test", "final/test"} <= {section["name"] for section in others}
    # Servers of MLflow 3 before 3.17 take no longer tag.
    assert len(view_value()) <= 5000


def test_the_installed_mlflow_reads_such_views() -> None:
    pages = Path(mlflow.__file__).parent.glob("server/js/build/static/js/*.js")
    program = "".join(page.read_text(encoding="utf-8", errors="replace") for page in pages)
    words = [VIEW_TAG.removesuffix("tracker"), "viewStateShareKey", "workflowType", "compareRunsMode"]
    words += json.loads(json.loads(view_value())["state"])
    assert [word for word in words if word not in program] == []


def test_a_terminal_is_told_the_address_alone_in_a_line_and_the_others() -> None:
    server = "http://127.0.0.1:5000"
    first, *rest = [Page(name, charts_address(server, name, view=False)) for name in ("1", "2", "健康")]
    told = pages_text(Pages(server, first, rest, left_out=4, ours=True)).splitlines()
    assert told[0] == f"{server}/#/experiments/1/runs?workflowType=machine_learning&compareRunsMode=CHART"
    assert "Ctrl-C ends it" in told[1]
    assert [line.split()[0] for line in told[4:6]] == ["2", "健康"]
    # A Chinese letter takes two columns.
    assert [cell_len(line.partition(server)[0]) for line in told[4:6]] == [8, 8]
    assert told[6] == "  and 4 more: tracker ui --experiment NAME"
    assert pages_text(Pages(server)) == f"{server}\nno runs yet: open it in a browser (--open does)"
