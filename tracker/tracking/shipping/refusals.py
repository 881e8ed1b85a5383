"""A request that MLflow refuses, cut up until what it refuses stands alone: everything else is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracker.tracking.backend.failures import SENDING_FAILURES, failure_of, said_by
from tracker.tracking.backend.permanent import lack_of
from tracker.tracking.backend.runs import lifecycle_of
from tracker.tracking.backend.uri import describe
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.batches import Batch
from tracker.tracking.shipping.dead_letters import DeadLetter
from tracker.tracking.shipping.destinations import destination
from tracker.tracking.shipping.requests import Request, send_request

if TYPE_CHECKING:
    from tracker.tracking.backend.client import MlflowClient

_FOR_GOOD = ("refused", "lacking")


def send_or_refuse(client: MlflowClient, run_id: str, run: RunFolder, request: Request) -> list[DeadLetter]:
    """Send all of a request that MLflow takes.

    Args:
        client: MLflow's client.
        run_id: MLflow's id of the run.
        run: The run's folder.
        request: What to send.

    Returns:
        What MLflow refuses, or lacks a place for, although the run is there and active.

    Raises:
        Exception: One of SENDING_FAILURES; `refused` and `lacking` only where the run is not active, or where
            MLflow does not say whether it is.
    """
    try:
        send_request(client, run_id, run, request)
    except SENDING_FAILURES as error:
        if failure_of(error) not in _FOR_GOOD or not _is_active(client, run_id, run):
            raise
        refused = list(_refused_of(client, run_id, run, request))
        # A user may have deleted the run meanwhile: then nothing is wrong with these records.
        if not _is_active(client, run_id, run):
            raise
        return refused
    return []


def _refused_of(client: MlflowClient, run_id: str, run: RunFolder, request: Request) -> Iterator[DeadLetter]:
    """Send a request, or its halves, and theirs; yield what is refused alone."""
    try:
        send_request(client, run_id, run, request)
    except SENDING_FAILURES as error:
        if (failure := failure_of(error)) not in _FOR_GOOD:
            raise
        lacking = failure == "lacking"
        reason = lack_of(error, _server_of(run)) if lacking else said_by(error)
    else:
        return
    if not isinstance(request, Batch):
        yield DeadLetter(request, reason)
        return
    if lacking or request.size == 1:
        yield from (DeadLetter(entry, reason) for entry in request.entries())
        return
    for half in request.halves():
        yield from _refused_of(client, run_id, run, half)


def _is_active(client: MlflowClient, run_id: str, run: RunFolder) -> bool:
    creation = run.creation()
    return creation is not None and lifecycle_of(client, run_id, creation.experiment) == "active"


def _server_of(run: RunFolder) -> str:
    creation = run.creation()
    return describe(destination(run, creation)) if creation is not None else "MLflow"
