"""One request to MLflow: a batch of a journal, or one entry as what it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.tracking.backend.writer import log_artifact, log_batch, log_dataset, log_model_use, set_status
from tracker.tracking.journal.entries import (
    Artifact,
    Creation,
    DatasetUse,
    Entry,
    Link,
    Metrics,
    ModelUse,
    Params,
    Status,
    Tags,
    TrainedModel,
)
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.batches import Batch
from tracker.tracking.shipping.related_runs import send_link

if TYPE_CHECKING:
    from tracker.tracking.backend.client import MlflowClient

Request = Batch | Entry


def send_request(client: MlflowClient, run_id: str, run: RunFolder, request: Request) -> None:
    """Tell MLflow a part of a journal; telling it again changes nothing.

    Args:
        client: MLflow's client.
        run_id: MLflow's id of the run.
        run: The run's folder, with its artifacts and its model.
        request: What to send.
    """
    match request:
        case Batch():
            log_batch(client, run_id, metrics=request.metrics, params=request.params, tags=request.tags)
        case Creation() | Params() | Metrics() | Tags():
            # The run is there already, and the others come in batches.
            pass
        case Link():
            send_link(client, run_id, run, request)
        case DatasetUse():
            log_dataset(client, run_id, request)
        case ModelUse():
            log_model_use(client, run_id, request)
        case Artifact():
            log_artifact(client, run_id, run, request)
        case TrainedModel():
            # It takes seconds to import, which most runs do not need: one network an arm is stored.
            from tracker.tracking.backend.models import log_model

            log_model(client, run_id, run, request)
        case Status():
            set_status(client, run_id, request)
