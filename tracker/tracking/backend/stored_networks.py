"""Which runs of an experiment stored the network that they trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tracker.records import RunRecord
from tracker.tracking.backend.client import reading

if TYPE_CHECKING:
    from mlflow import MlflowClient

_PAGE = 50


def with_stored_network(uri: str, runs: Sequence[RunRecord]) -> list[RunRecord]:
    """Return those of some runs that stored the network that they trained, in the same order.

    Args:
        uri: As `resolve_uri` gives it.
        runs: The runs.

    Raises:
        TrackingError: The server does not answer.
    """
    experiments = sorted({run.experiment_id for run in runs if run.experiment_id})
    if not experiments:
        return []
    with reading(uri) as client:
        having = _source_runs(client, experiments)
    return [run for run in runs if run.run_id in having]


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


def _source_runs(client: MlflowClient, experiments: list[str]) -> set[str]:
    found: set[str] = set()
    token: str | None = None
    while True:
        page = client.search_logged_models(experiments, max_results=_PAGE, page_token=token)
        found |= {str(one.source_run_id) for one in page}
        if not page.token or page.token == token:
            return found
        token = page.token
