"""Which runs have a trained network in MLflow."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.records import RunRecord
from tracker.tracking.backend.client import reading


def stored_networks(uri: str, runs: Iterable[RunRecord]) -> dict[str, str]:
    """Return MLflow's id of the network that is ready, by MLflow's id of its run.

    Args:
        uri: As `resolve_uri` gives it.
        runs: The runs that are asked about; those without a network are not in the answer.

    Raises:
        TrackingError: The server does not answer, or has no place for models.
    """
    from mlflow.entities import LoggedModelStatus

    found: dict[str, str] = {}
    with reading(uri) as client:
        for run in runs:
            its_own = f"source_run_id = '{run.run_id}'"
            models = client.search_logged_models([run.experiment_id], its_own)
            ready = sorted(one.model_id for one in models if one.status == LoggedModelStatus.READY)
            if ready:
                found[run.run_id] = ready[0]
    return found
