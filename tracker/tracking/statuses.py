"""How a run is, in MLflow: it ends, and it can go on afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlflow.entities import RunStatus
from mlflow.exceptions import MlflowException

from tracker.tracking.entries import Status

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from tracker.tracking.journal import Line

REASON = "tracker.reason"


def without_superseded(lines: Sequence[Line]) -> list[Line]:
    """Leave out every status that is followed by another one: the run is not that any more.

    Args:
        lines: Lines of one journal that are still to be sent, in order.
    """
    superseded = {line.end for line in [line for line in lines if isinstance(line.entry, Status)][:-1]}
    return [line for line in lines if line.end not in superseded]


def send_status(client: MlflowClient, run_id: str, status: Status) -> None:
    """Have a run be what its journal says, with its reason and without an older one.

    Args:
        client: MLflow's client.
        run_id: MLflow's id of the run.
        status: What the run is.
    """
    if status.reason:
        client.set_tag(run_id, REASON, status.reason)
    if status.status == "RUNNING":
        _go_on(client, run_id)
    else:
        client.set_terminated(run_id, status.status, status.time)
    if not status.reason:
        _forget_reason(client, run_id)


def _go_on(client: MlflowClient, run_id: str) -> None:
    # `client.update_run` keeps the end time, and has no way to clear it: 0 is none for MLflow.
    store = client._tracking_client.store
    store.update_run_info(run_id, RunStatus.from_string("RUNNING"), end_time=0, run_name=None)


def _forget_reason(client: MlflowClient, run_id: str) -> None:
    try:
        client.delete_tag(run_id, REASON)
    except MlflowException as error:
        # Most runs have none. That the run itself is there was just seen.
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
