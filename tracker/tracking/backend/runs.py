"""Every run and experiment once in MLflow, whoever creates it and however often an answer is lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlflow.entities import LifecycleStage, RunStatus, ViewType
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from tracker.errors import TrackingError
from tracker.tracking.backend.uri import artifact_folder, database_file, describe
from tracker.tracking.journal.entries import Status

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

    from tracker.tracking.journal.entries import Creation
    from tracker.tracking.journal.log import Line


RUN_UID = "tracker.run_uid"


def ensure_experiment(client: MlflowClient, name: str, tracking_uri: str) -> str:
    """Find or create an experiment.

    Args:
        client: MLflow's client.
        name: The experiment's name.
        tracking_uri: Where MLflow is; an embedded store keeps its artifacts beside its database.

    Returns:
        MLflow's id of the experiment.

    Raises:
        TrackingError: A user deleted an experiment of that name.
    """
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        try:
            return client.create_experiment(name, artifact_location=_artifact_location(name, tracking_uri))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            # Another process was faster.
            experiment = client.get_experiment_by_name(name)
    if experiment is None or experiment.lifecycle_stage != LifecycleStage.ACTIVE:
        raise TrackingError(
            "a run's experiment must not be deleted",
            but=f"{name!r} is, in {describe(tracking_uri)}",
            do="Restore it (mlflow experiments restore), or use another --experiment, then: tracker sync",
        )
    return str(experiment.experiment_id)


def ensure_run(client: MlflowClient, creation: Creation, *, parent: str = "") -> str | None:
    """Find or create a run by its tag.

    Looking up and creating are two requests, so two processes can make two runs: both then look again, keep
    the one with the smallest id, and delete the others.

    Args:
        client: MLflow's client.
        creation: How the run began.
        parent: MLflow's id of the run that it is nested in; empty: none.

    Returns:
        MLflow's id of the run; None where a user deleted it.
    """
    experiment_id = ensure_experiment(client, creation.experiment, creation.tracking_uri)
    found = runs_of(client, experiment_id, creation.run_uid)
    if len(found) != 1:
        if not found:
            if runs_of(client, experiment_id, creation.run_uid, ViewType.DELETED_ONLY):
                return None
            nested = {MLFLOW_PARENT_RUN_ID: parent} if parent else {}
            tags = {RUN_UID: creation.run_uid, **nested, **creation.tags}
            client.create_run(experiment_id, creation.start_time, tags, creation.run_name)
        found = runs_of(client, experiment_id, creation.run_uid)
        for other in found[1:]:
            _delete(client, other)
    return found[0]


def runs_of(
    client: MlflowClient, experiment_id: str, run_uid: str, view: int = ViewType.ACTIVE_ONLY
) -> list[str]:
    """List MLflow's ids of the runs with a tag, smallest first.

    Args:
        client: MLflow's client.
        experiment_id: MLflow's id of the experiment.
        run_uid: The tag's value.
        view: Which runs: those that are not deleted.
    """
    runs: list[Run] = client.search_runs([experiment_id], f"tags.`{RUN_UID}` = '{run_uid}'", view)
    return sorted(str(run.info.run_id) for run in runs)


def _delete(client: MlflowClient, run_id: str) -> None:
    try:
        client.delete_run(run_id)
    except MlflowException as error:
        # The other process has deleted it already.
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise


def _artifact_location(name: str, tracking_uri: str) -> str | None:
    database = database_file(tracking_uri)
    if database is None:
        return None
    # MLflow's own default is a folder below wherever the process that creates the experiment was started.
    return (artifact_folder(database) / re.sub(r"[^\w-]", "_", name)).as_uri()


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
