"""A part that MLflow refuses, cut up until what it refuses stands alone: everything else is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow.entities import LifecycleStage

from tracker.tracking.backend.failures import SENDING_FAILURES, failure_of, said_by
from tracker.tracking.shipping.batches import Batch
from tracker.tracking.shipping.dead_letters import Refused
from tracker.tracking.shipping.requests import send_part

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from tracker.tracking.journal.entries import Entry


def send_or_refuse(client: MlflowClient, run_id: str, folder: Path, part: Batch | Entry) -> list[Refused]:
    """Send all of a part that MLflow takes.

    Args:
        client: MLflow's client.
        run_id: MLflow's id of the run.
        folder: The run's folder.
        part: What to say.

    Returns:
        What MLflow refuses although the run is there and active.

    Raises:
        MlflowException: Or another one of SENDING_FAILURES; `refused` only where the run is not active.
    """
    try:
        send_part(client, run_id, folder, part)
    except SENDING_FAILURES as error:
        if failure_of(error) != "refused" or not _is_active(client, run_id):
            raise
        refused = list(_refused_of(client, run_id, folder, part))
        # A user may have deleted the run meanwhile: then nothing is wrong with these records.
        if not _is_active(client, run_id):
            raise
        return refused
    return []


def _refused_of(client: MlflowClient, run_id: str, folder: Path, part: Batch | Entry) -> Iterator[Refused]:
    """Send a part, or its halves, and theirs; yield what is refused alone."""
    try:
        send_part(client, run_id, folder, part)
    except SENDING_FAILURES as error:
        if failure_of(error) != "refused":
            raise
        said = said_by(error)
    else:
        return
    if not isinstance(part, Batch):
        yield Refused(part, said)
        return
    if part.size == 1:
        yield from (Refused(entry, said) for entry in part.entries())
    for half in part.halves():
        yield from _refused_of(client, run_id, folder, half)


def _is_active(client: MlflowClient, run_id: str) -> bool:
    return bool(client.get_run(run_id).info.lifecycle_stage == LifecycleStage.ACTIVE)
