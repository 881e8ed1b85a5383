"""Which runs of an experiment have the network that they trained in MLflow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tracker.records import RunRecord
from tracker.tracking.backend.client import reading

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel

_PAGE = 50


def stored_networks(uri: str, runs: Sequence[RunRecord]) -> dict[str, str]:
    """Return MLflow's id of the network that is ready, by MLflow's id of its run, in the order of the runs.

    Args:
        uri: As `resolve_uri` gives it.
        runs: The runs that are asked about; those without a network are not in the answer.

    Raises:
        TrackingError: The server does not answer, or has no place for models.
    """
    from mlflow.entities import LoggedModelStatus

    experiments = sorted({run.experiment_id for run in runs if run.experiment_id})
    if not experiments:
        return {}
    ready: dict[str, str] = {}
    with reading(uri) as client:
        for one in _models(client, experiments):
            if one.status == LoggedModelStatus.READY:
                run_id = str(one.source_run_id)
                ready[run_id] = min(one.model_id, ready.get(run_id, one.model_id))
    return {run.run_id: ready[run.run_id] for run in runs if run.run_id in ready}


def experiment_name(uri: str, experiment_id: str) -> str:
    """Return what an experiment is called.

    Args:
        uri: As `resolve_uri` gives it.
        experiment_id: MLflow's id of it.

    Raises:
        TrackingError: The server does not answer, or there is none.
    """
    with reading(uri) as client:
        return str(client.get_experiment(experiment_id).name)


def _models(client: MlflowClient, experiments: list[str]) -> Iterator[LoggedModel]:
    token: str | None = None
    while True:
        page = client.search_logged_models(experiments, max_results=_PAGE, page_token=token)
        yield from page
        if not page.token or page.token == token:
            return
        token = page.token
