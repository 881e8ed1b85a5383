"""Which trained network a user means, and where MLflow has its files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.errors import TrackingError
from tracker.io.cache import cache_dir
from tracker.io.kept import has_contents, keep_contents, kept_folder
from tracker.records import ENDED, RunRecord, RunState
from tracker.tracking.backend.client import reading
from tracker.tracking.backend.model_digests import MLMODEL, changed_files, recorded_digests
from tracker.tracking.backend.reader import as_record
from tracker.tracking.backend.registered_models import registered_id
from tracker.tracking.backend.runs_named import near_runs

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Run

_RUN_ID = re.compile(r"[0-9a-f]{32}")
_ABSENT = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "NOT_FOUND"}


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A trained network in MLflow, with a copy of its files.

    Attributes:
        folder: MLflow's folder of the model, with `MLmodel` in it; not to be written to.
        model_id: MLflow's id of the model.
        run: The run that trained it; None where MLflow does not know it any more.
    """

    folder: Path
    model_id: str
    run: RunRecord | None


def is_address(model: str) -> bool:
    """Say whether a text names a model in MLflow, and no folder: `models:/`, `runs:/` or a run's id."""
    return model.startswith(("models:/", "runs:/")) or bool(_RUN_ID.fullmatch(model))


def find_trained_model(uri: str, model: str) -> FoundModel:
    """Find a network that a run trained, and have its files here.

    Args:
        uri: As `resolve_uri` gives it.
        model: `models:/NAME@ALIAS`, `models:/NAME/VERSION`, `models:/MODEL_ID`, `runs:/RUN_ID/NAME`, or
            RUN_ID.

    Raises:
        TrackingError: There is no such model, alias or run, or the run stored no network; says which there
            are.
        DataError: The disk is full.
    """
    with reading(uri) as client:
        logged = _logged_model(client, model)
        _require_ready(logged)
        run = _run(client, str(logged.source_run_id)) if logged.source_run_id else None
        return FoundModel(_local(uri, logged), logged.model_id, as_record(run) if run is not None else None)


def _logged_model(client: MlflowClient, model: str) -> LoggedModel:
    kind, _, rest = model.partition(":/")
    if kind == "models":
        return _of_id(client, registered_id(client, rest))
    run_id, _, name = (rest if kind == "runs" else model).partition("/")
    run = _run(client, run_id)
    if run is None:
        raise _no_such_run(client, run_id)
    found = client.search_logged_models([run.info.experiment_id], f"source_run_id = '{run_id}'")
    named = [one for one in found if name in ("", one.name)]
    if len(named) == 1:
        return named[0]
    raise _not_one(run, name, [one.name for one in found])


def _of_id(client: MlflowClient, model_id: str) -> LoggedModel:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_logged_model(model_id)
    except MlflowException as error:
        if error.error_code not in _ABSENT:
            raise
    raise TrackingError(
        f"models:/{model_id} must be a model in MLflow",
        but="there is none of this id",
        do="Name the run that trained it by its id (tracker status).",
    )


def _run(client: MlflowClient, run_id: str) -> Run | None:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_run(run_id)
    except MlflowException as error:
        if error.error_code not in _ABSENT:
            raise
        return None


def _no_such_run(client: MlflowClient, run_id: str) -> TrackingError:
    near = near_runs(client, run_id)
    return TrackingError(
        "--model must name a run by the whole id that MLflow gave it",
        but=f"there is no run {run_id}",
        do="It may be one of these:" if near else "List runs with: tracker status.",
        details=[f"{run.run_id}  {run.in_words}" for run in near],
    )


def _not_one(run: Run, name: str, models: list[str]) -> TrackingError:
    told = as_record(run)
    if models:
        return TrackingError(
            f"run {told.run_id} must have one trained network{f' named {name}' if name else ''}",
            but=f"it has {', '.join(models)}",
            do=f"Name one of them: runs:/{told.run_id}/{models[0]}.",
        )
    kind = told.tags.get("tracker.kind", "run")
    if kind != "run":
        return TrackingError(
            f"--model must name a run that trained a network ({told.run_id})",
            but=f"this one is a {kind}",
            do="List runs with: tracker status.",
        )
    if told.status == RunState.FINISHED:
        return TrackingError(
            f"run {told.run_id} must have stored its network",
            but=f"it has finished without ({told.in_words}): of each arm, the first run stores its own",
            do="Train it again with --log-model all --rerun, or name another run (tracker status).",
        )
    ended = told.status in set(ENDED)
    return TrackingError(
        f"run {told.run_id} must have ended with a trained network",
        but=f"it {f'is {told.status}' if ended else 'has not ended'} and stored none ({told.in_words})",
        do="The same tracker run command again trains it to its end; or name another run (tracker status).",
    )


def _require_ready(logged: LoggedModel) -> None:
    if str(logged.status) != "READY":
        raise TrackingError(
            f"the files of {logged.name} must all be in MLflow ({logged.model_id})",
            but=f"it is {logged.status}",
            do="Send what is left with: tracker sync.",
        )


def _local(uri: str, logged: LoggedModel) -> Path:
    """Return a model's folder; a store on this disk is read where it is."""
    from mlflow.artifacts import download_artifacts

    place = logged.artifact_location
    if ":/" not in place or place.startswith("file:"):
        return Path(download_artifacts(artifact_uri=place, tracking_uri=uri))
    kept = cache_dir() / "models" / logged.model_id

    def fetch(folder: Path) -> None:
        download_artifacts(artifact_uri=place, dst_path=str(folder), tracking_uri=uri)
        keep_contents(folder, kept)

    kept_folder(kept, fetch, fits=_is_as_recorded, what="models")
    return next(kept.rglob(MLMODEL)).parent


def _is_as_recorded(kept: Path) -> bool:
    """Say whether a copy is whole, and every file with a digest is the one that was recorded."""
    model = next(kept.rglob(MLMODEL)).parent
    return has_contents(kept) and not changed_files(recorded_digests(model))
