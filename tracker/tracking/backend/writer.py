"""What a journal records of a run, written as MLflow's own entities; writing it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    Metric,
    Param,
    RunStatus,
    RunTag,
)
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

from tracker.records import RunState
from tracker.tracking.backend.environment import UPLOAD_TIMEOUT_S, request_timeout

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from tracker.tracking.journal.entries import Artifact, DatasetUse, ModelUse, Status
    from tracker.tracking.journal.run_folder import RunFolder

REASON = "tracker.reason"


def log_batch(
    client: MlflowClient,
    run_id: str,
    *,
    metrics: Iterable[tuple[str, float, int, int]] = (),
    params: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Log metrics, parameters and tags in one request.

    Args:
        client: MLflow's client.
        run_id: MLflow's id of the run.
        metrics: (key, value, time in milliseconds, step) of each point.
        params: Texts, by name.
        tags: Texts, by name.
    """
    client.log_batch(
        run_id,
        metrics=[Metric(key, value, time, step) for key, value, time, step in metrics],
        params=[Param(key, value) for key, value in (params or {}).items()],
        tags=[RunTag(key, value) for key, value in (tags or {}).items()],
    )


def log_dataset(client: MlflowClient, run_id: str, use: DatasetUse) -> None:
    """Log a data set as an input.

    Args:
        client: MLflow's client.
        run_id: MLflow's id of the run.
        use: The data set, and what the run does with it.
    """
    dataset = Dataset(
        name=use.name,
        digest=use.digest,
        source_type="local",
        source=use.source,
        schema=use.schema or None,
        profile=use.profile or None,
    )
    client.log_inputs(run_id, [DatasetInput(dataset, [InputTag(MLFLOW_DATASET_CONTEXT, use.context)])])


def log_model_use(client: MlflowClient, run_id: str, use: ModelUse) -> None:
    """Log a trained network as an input.

    Args:
        client: MLflow's client.
        run_id: MLflow's id of the run.
        use: The network.
    """
    client.log_inputs(run_id, models=[LoggedModelInput(use.model_id)])


def log_artifact(client: MlflowClient, run_id: str, run: RunFolder, artifact: Artifact) -> None:
    """Upload a file that lies beside the journal.

    Args:
        client: MLflow's client.
        run_id: MLflow's id of the run.
        run: The run's folder.
        artifact: The file.
    """
    with request_timeout(UPLOAD_TIMEOUT_S):
        client.log_artifact(run_id, str(run.path / artifact.file), artifact.folder or None)


def set_status(client: MlflowClient, run_id: str, status: Status) -> None:
    """Set a run's status and its reason; a reason that it had before goes.

    Args:
        client: MLflow's client.
        run_id: MLflow's id of the run.
        status: What the run is.
    """
    if status.reason:
        client.set_tag(run_id, REASON, status.reason)
    if status.status == RunState.RUNNING:
        _set_running(client, run_id)
    else:
        client.set_terminated(run_id, str(status.status), status.time)
    if not status.reason:
        _delete_reason(client, run_id)


def _set_running(client: MlflowClient, run_id: str) -> None:
    # A private name: the public `client.update_run` keeps the end time, and has no way to clear it. 0 is none
    # for MLflow.
    store = client._tracking_client.store
    store.update_run_info(run_id, RunStatus.from_string("RUNNING"), end_time=0, run_name=None)


def _delete_reason(client: MlflowClient, run_id: str) -> None:
    try:
        client.delete_tag(run_id, REASON)
    except MlflowException as error:
        # Most runs have none. That the run itself is there was just seen.
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
