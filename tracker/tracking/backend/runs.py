"""Every run and experiment once in MLflow, whoever creates it and however often an answer is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlflow.entities import LifecycleStage, ViewType
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from tracker.records import RunState
from tracker.tracking.backend.experiment_tags import tags_of_an_experiment
from tracker.tracking.backend.failures import failure_of
from tracker.tracking.backend.restoring import deleted_experiment
from tracker.tracking.backend.uri import artifact_folder, database_file
from tracker.tracking.journal.limits import safe_folder

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

    from tracker.tracking.journal.entries import Creation

Lifecycle = Literal["active", "deleted", "missing"]
"""Whether MLflow shows a run, a user deleted it, or MLflow knows none of that id."""

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
            place = _artifact_location(name, tracking_uri)
            return client.create_experiment(name, place, tags_of_an_experiment())
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            # Another process was faster.
            experiment = client.get_experiment_by_name(name)
    if experiment is None or experiment.lifecycle_stage != LifecycleStage.ACTIVE:
        raise deleted_experiment(name, str(experiment.experiment_id) if experiment else "", tracking_uri)
    return str(experiment.experiment_id)


def ensure_run(
    client: MlflowClient, creation: Creation, tracking_uri: str, *, parent: str = ""
) -> str | None:
    """Find or create a run by its tag.

    Looking up and creating are two requests, so two processes can make two runs: both then look again, keep
    the one with the smallest id, and delete the others.

    Args:
        client: MLflow's client.
        creation: How the run began.
        tracking_uri: Where MLflow is.
        parent: MLflow's id of the run that it is nested in; empty: none.

    Returns:
        MLflow's id of the run; None where a user deleted it.
    """
    experiment_id = ensure_experiment(client, creation.experiment, tracking_uri)
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


def lifecycle_of(client: MlflowClient, run_id: str, experiment: str) -> Lifecycle:
    """Ask whether a run is there.

    Args:
        client: MLflow's client.
        run_id: MLflow's id of the run.
        experiment: The name of the experiment that it is in.
    """
    run = _get_run(client, run_id, experiment)
    if run is None:
        return "missing"
    return "active" if run.info.lifecycle_stage == LifecycleStage.ACTIVE else "deleted"


def is_disowned(client: MlflowClient, run_id: str, creation: Creation) -> bool:
    """Say whether a run lost against another one of its tag, and could not be deleted.

    Args:
        client: MLflow's client.
        run_id: MLflow's id of the run; one that MLflow does not know is not disowned.
        creation: How the run began, as its journal has it.
    """
    run = _get_run(client, run_id, creation.experiment)
    return run is not None and run.data.tags.get(RUN_UID) != creation.run_uid


def _get_run(client: MlflowClient, run_id: str, experiment: str) -> Run | None:
    """Return a run; None where MLflow has none of this id."""
    try:
        return client.get_run(run_id)
    except MlflowException as error:
        failure = failure_of(error)
        if failure == "missing" or (failure == "forbidden" and not _is_listed(client, run_id, experiment)):
            return None
        raise


def _is_listed(client: MlflowClient, run_id: str, experiment: str) -> bool:
    """Say whether an experiment has a run, deleted or not.

    A server with accounts refuses (403) whatever is asked about a run that it does not have; a list of runs
    it gives, or refuses as well.
    """
    known = client.get_experiment_by_name(experiment)
    if known is None:
        return False
    filter_string = f"attributes.run_id = '{run_id}'"
    return bool(client.search_runs([known.experiment_id], filter_string, ViewType.ALL, max_results=1))


def experiment_of(client: MlflowClient, run_id: str) -> str:
    """Return MLflow's id of the experiment that a run is in.

    Args:
        client: MLflow's client.
        run_id: MLflow's id of the run.
    """
    return str(client.get_run(run_id).info.experiment_id)


def _delete(client: MlflowClient, run_id: str) -> None:
    try:
        client.delete_run(run_id)
    except MlflowException as error:
        # The other process has deleted it already.
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return
        if failure_of(error) not in ("denied", "forbidden"):
            raise
        _disown(client, run_id)


def _disown(client: MlflowClient, run_id: str) -> None:
    """Have a run be none of ours: who may log in another's experiment may not delete there."""
    client.set_terminated(run_id, RunState.KILLED)
    ours = [tag for tag in client.get_run(run_id).data.tags if tag.startswith("tracker.")]
    # The tag that it is found by goes last: what fails before is done again.
    for tag in sorted(ours, key=RUN_UID.__eq__):
        try:
            client.delete_tag(run_id, tag)
        except MlflowException as error:
            # The other process was faster.
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise


def _artifact_location(name: str, tracking_uri: str) -> str | None:
    database = database_file(tracking_uri)
    if database is None:
        return None
    # MLflow's own default is a folder below wherever the process that creates the experiment was started.
    return (artifact_folder(database) / safe_folder(name)).as_uri()
