"""Which trained network a user means, and where MLflow has its files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.errors import TrackingError
from tracker.io.cache import cache_dir
from tracker.io.kept import kept_folder
from tracker.records import RunRecord
from tracker.tracking.backend.client import reading
from tracker.tracking.backend.reader import as_record
from tracker.tracking.backend.registry import model_id_of

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel

_MODEL_ID = re.compile(r"m-[0-9a-f]{32}")
_MLMODEL = "MLmodel"


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A trained network in MLflow, with a copy of its files.

    Attributes:
        folder: MLflow's folder of the model, with `MLmodel` in it; not to be written to.
        model_id: MLflow's id of the model.
        run: The run that trained it.
    """

    folder: Path
    model_id: str
    run: RunRecord


def is_address(model: str) -> bool:
    """Say whether a text names a model in MLflow, and no folder: `models:/`, `runs:/` or a run's id."""
    return model.startswith(("models:/", "runs:/")) or bool(re.fullmatch(r"[0-9a-f]{32}", model))


def find_trained_model(uri: str, model: str) -> FoundModel:
    """Find a network that a run trained, and have its files here.

    Args:
        uri: As `resolve_uri` gives it.
        model: `models:/NAME@ALIAS`, `models:/NAME/VERSION`, `models:/MODEL_ID`, `runs:/RUN_ID/NAME`, or
            RUN_ID.

    Raises:
        TrackingError: There is no such model, alias or run, or the run stored no network.
        DataError: The disk is full.
    """
    with reading(uri) as client:
        logged = _logged_model(client, model)
        run = as_record(client.get_run(str(logged.source_run_id)))
        return FoundModel(_local(uri, logged), logged.model_id, run)


def _logged_model(client: MlflowClient, model: str) -> LoggedModel:
    kind, _, rest = model.partition(":/")
    if kind == "models":
        return client.get_logged_model(_registered(client, rest))
    run_id, _, name = (rest if kind == "runs" else model).partition("/")
    run = client.get_run(run_id)
    its_own = f"source_run_id = '{run_id}'"
    found = client.search_logged_models([run.info.experiment_id], its_own)
    named = [one for one in found if name in ("", one.name)]
    if len(named) != 1:
        raise TrackingError(
            f"run {run_id} must have one trained network{f' named {name}' if name else ''}",
            but=f"it has {', '.join(one.name for one in found) or 'none'}",
            do="Train with --save-model, or name one: runs:/RUN_ID/NAME.",
        )
    return named[0]


def _registered(client: MlflowClient, named: str) -> str:
    """Return MLflow's id of the model behind NAME@ALIAS, NAME/VERSION or the id itself."""
    if _MODEL_ID.fullmatch(named):
        return named
    name, at, alias = named.partition("@")
    if at:
        return model_id_of(client.get_model_version_by_alias(name, alias))
    name, _, version = named.rpartition("/")
    return model_id_of(client.get_model_version(name, version))


def _local(uri: str, logged: LoggedModel) -> Path:
    """Return a model's folder; a store on this disk is read where it is."""
    from mlflow.artifacts import download_artifacts

    place = logged.artifact_location
    if "://" not in place or place.startswith("file:"):
        return Path(download_artifacts(artifact_uri=place, tracking_uri=uri))

    def fetch(folder: Path) -> None:
        download_artifacts(artifact_uri=place, dst_path=str(folder), tracking_uri=uri)

    kept = cache_dir() / "models" / logged.model_id
    kept_folder(kept, fetch, fits=lambda folder: any(folder.rglob(_MLMODEL)), what="models")
    return next(kept.rglob(_MLMODEL)).parent
