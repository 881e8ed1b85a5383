"""An experiment says what it is and which metric matters, and what a user wrote over that stays."""

from __future__ import annotations

from mlflow import MlflowClient

from tests.support.recorded import Start
from tracker.tracking.backend.runs import ensure_experiment
from tracker.tracking.shipping.delivery import deliver

NOTE, PRIMARY = "mlflow.note.content", "mlflow.experiment.primaryMetric.name"


def test_an_experiment_that_is_made_says_what_it_is_and_no_test_metric_is_its_first(
    client: MlflowClient, uri: str, start: Start, experiment: str
) -> None:
    with start(uri) as recorder:
        deliver(client, recorder.folder)
    tags = client.get_experiment_by_name(experiment).tags
    assert "tracker" in tags[NOTE]
    assert (tags[PRIMARY], tags["mlflow.experiment.primaryMetric.greaterIsBetter"]) == ("val/loss", "False")


def test_what_a_user_wrote_of_an_experiment_stays(
    client: MlflowClient, uri: str, start: Start, experiment: str
) -> None:
    made = client.get_experiment(ensure_experiment(client, experiment, uri))
    client.set_experiment_tag(made.experiment_id, NOTE, "mine")
    client.set_experiment_tag(made.experiment_id, PRIMARY, "test/auroc")
    others = client.create_experiment(f"{experiment} of another program")
    for name in (experiment, f"{experiment} of another program"):
        with start(uri, experiment=name, run_uid=f"a{len(name)}") as recorder:
            deliver(client, recorder.folder)
    tags = client.get_experiment_by_name(experiment).tags
    assert (tags[NOTE], tags[PRIMARY]) == ("mine", "test/auroc")
    assert NOTE not in client.get_experiment(others).tags
