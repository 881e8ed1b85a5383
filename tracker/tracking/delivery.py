"""One journal on its way to MLflow: from its position to its end, each entry as what it is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock
from mlflow.entities import Dataset, DatasetInput, InputTag, LifecycleStage, Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

from tracker.tracking.batches import Batch, gather
from tracker.tracking.entries import Artifact, Creation, DatasetUse, Status, TrainedModel
from tracker.tracking.environment import UPLOAD_TIMEOUT_S, request_timeout
from tracker.tracking.failures import FAILURES, failure_of
from tracker.tracking.home import creation_of
from tracker.tracking.identity import ensure_run, runs_of
from tracker.tracking.journal import JOURNAL, Line, read_journal
from tracker.tracking.position import Position, load_position, save_position

if TYPE_CHECKING:
    from mlflow import MlflowClient

REASON = "tracker.reason"
_CREATION_PATIENCE_S = 30


def deliver(client: MlflowClient, folder: Path) -> None:
    """Send what MLflow does not have yet of one journal; what was said yes to stays said.

    Args:
        client: MLflow's client.
        folder: The run's folder.

    Raises:
        MlflowException: Or another one of FAILURES: the rest is not sent.
    """
    try:
        _send_rest(client, folder)
    except FAILURES as error:
        if failure_of(error) not in ("refused", "missing") or not _look_again(client, folder):
            raise
        _send_rest(client, folder)


def _send_rest(client: MlflowClient, folder: Path) -> None:
    position = load_position(folder)
    lines, _ = read_journal(folder / JOURNAL, position.offset)
    creation = creation_of(folder)
    if not lines or creation is None or position.deleted:
        return
    if not position.run_id:
        position = _create(client, folder, creation)
    for part in gather(lines):
        _send(client, position.run_id, folder, part)
        if part.end:
            position = replace(position, offset=part.end, problem="")
            save_position(folder, position)


def _create(client: MlflowClient, folder: Path, creation: Creation) -> Position:
    """Create the run, one shipper at a time: the other one could go on with a run that is then deleted."""
    with FileLock(folder / "creation.lock", timeout=_CREATION_PATIENCE_S):
        position = load_position(folder)
        if not position.run_id:
            position = Position(run_id=ensure_run(client, creation))
            save_position(folder, position)
    return position


def _send(client: MlflowClient, run_id: str, folder: Path, part: Batch | Line) -> None:
    if isinstance(part, Batch):
        _send_batch(client, run_id, part)
        return
    match part.entry:
        case Creation():
            pass
        case DatasetUse() as use:
            client.log_inputs(run_id, [_dataset_input(use)])
        case Artifact() as artifact:
            with request_timeout(UPLOAD_TIMEOUT_S):
                client.log_artifact(run_id, str(folder / artifact.file), artifact.folder or None)
        case TrainedModel() as model:
            # It takes seconds to import, which most runs do not need: one network an arm is stored.
            from tracker.tracking.served_model import send_model

            with request_timeout(UPLOAD_TIMEOUT_S):
                send_model(client, run_id, folder, model)
        case Status(status="RUNNING"):
            client.update_run(run_id, status="RUNNING")
        case Status() as status:
            if status.reason:
                client.set_tag(run_id, REASON, status.reason)
            client.set_terminated(run_id, status.status, status.time)


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


def _look_again(client: MlflowClient, folder: Path) -> bool:
    """Find out whether the run is still there; say whether it makes sense to send again.

    It may have lost against the same run by another process (`ensure_run`), a user may have deleted it, or
    the server may have begun again with an empty store.
    """
    position, creation = load_position(folder), creation_of(folder)
    if not position.run_id or creation is None:
        return False
    try:
        run = client.get_run(position.run_id)
    except MlflowException as error:
        if failure_of(error) != "missing":
            raise
        save_position(folder, Position())
        return True
    if run.info.lifecycle_stage == LifecycleStage.ACTIVE:
        return False
    kept = runs_of(client, run.info.experiment_id, creation.run_uid)
    save_position(folder, Position() if kept else replace(position, deleted=True))
    return True
