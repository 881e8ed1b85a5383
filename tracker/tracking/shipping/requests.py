"""One part of a journal, told to MLflow: each entry as what it is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

from tracker.tracking.backend.environment import UPLOAD_TIMEOUT_S, request_timeout
from tracker.tracking.backend.runs import send_status
from tracker.tracking.journal.entries import (
    Artifact,
    Creation,
    DatasetUse,
    Entry,
    Link,
    Metrics,
    Params,
    Status,
    Tags,
    TrainedModel,
)
from tracker.tracking.shipping.batches import Batch
from tracker.tracking.shipping.related_runs import send_link

if TYPE_CHECKING:
    from mlflow import MlflowClient


def send_part(client: MlflowClient, run_id: str, folder: Path, part: Batch | Entry) -> None:
    """Tell MLflow one part of a journal; telling it again changes nothing.

    Args:
        client: MLflow's client.
        run_id: MLflow's id of the run.
        folder: The run's folder, with its artifacts and its model.
        part: What to say.
    """
    match part:
        case Batch():
            _send_batch(client, run_id, part)
        case Creation() | Params() | Metrics() | Tags():
            # The run is there already, and the others come in batches.
            pass
        case Link():
            send_link(client, run_id, folder, part)
        case DatasetUse():
            client.log_inputs(run_id, [_dataset_input(part)])
        case Artifact():
            with request_timeout(UPLOAD_TIMEOUT_S):
                client.log_artifact(run_id, str(folder / part.file), part.folder or None)
        case TrainedModel():
            # It takes seconds to import, which most runs do not need: one network an arm is stored.
            from tracker.tracking.backend.models import send_model

            with request_timeout(UPLOAD_TIMEOUT_S):
                send_model(client, run_id, folder, part)
        case Status():
            send_status(client, run_id, part)


def _send_batch(client: MlflowClient, run_id: str, batch: Batch) -> None:
    client.log_batch(
        run_id,
        metrics=[Metric(key, value, time, step) for key, value, time, step in batch.metrics],
        params=[Param(key, value) for key, value in batch.params.items()],
        tags=[RunTag(key, value) for key, value in batch.tags.items()],
    )


def _dataset_input(use: DatasetUse) -> DatasetInput:
    dataset = Dataset(
        name=use.name,
        digest=use.digest,
        source_type="local",
        source=use.source,
        schema=use.schema or None,
        profile=use.profile or None,
    )
    return DatasetInput(dataset, [InputTag(MLFLOW_DATASET_CONTEXT, use.context)])
