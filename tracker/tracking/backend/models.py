"""The trained network as an MLflow model of its run: once, with signature and example, without a pickle."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow.pyfunc
import numpy as np
import pandas as pd
from mlflow.entities import LoggedModelOutput, LoggedModelStatus
from mlflow.models import Model, ModelSignature
from mlflow.models.model import MLMODEL_FILE_NAME
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.utils.file_utils import local_file_uri_to_path
from PIL import Image

from tracker.io.atomic import share
from tracker.tracking.backend.environment import UPLOAD_TIMEOUT_S, request_timeout
from tracker.tracking.backend.model_digests import DATA, SHA256, digests_below
from tracker.tracking.backend.model_metrics import link_metrics
from tracker.tracking.journal.entries import NETWORK
from tracker.tracking.journal.model_files import check_unchanged

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Run

    from tracker.tracking.journal.entries import TrainedModel
    from tracker.tracking.journal.run_folder import RunFolder

_PARAMS = ParamSchema([ParamSpec("calibrated", DataType.boolean, False)])
_EXAMPLE_SHAPE = (2, 32, 32, 3)


def log_model(client: MlflowClient, run_id: str, run: RunFolder, model: TrainedModel) -> None:
    """Make a run's model ready in MLflow, unless it is already.

    `mlflow.pyfunc.log_model` would make another one each time that it is sent, so its steps are done here
    one by one: each of them can be done again.

    Args:
        client: MLflow's client.
        run_id: MLflow's id of the run.
        run: The run's folder.
        model: What the journal says of it.

    Raises:
        ChangedFile: Its files are not those that were recorded; nothing of it is made then.
    """
    with request_timeout(UPLOAD_TIMEOUT_S):
        found = client.get_run(run_id)
        models = _models_of(client, found, model.name)
        if not any(one.status == LoggedModelStatus.READY for one in models):
            check_unchanged(model.sha256, run)
        logged = _one_model(client, found, model.name, models)
        _name_as_output(client, found, logged)
        if logged.status != LoggedModelStatus.READY:
            _upload(client, logged, run, model)
        link_metrics(client, found, logged.model_id)


def _name_as_output(client: MlflowClient, run: Run, logged: LoggedModel) -> None:
    known = run.outputs.model_outputs if run.outputs is not None else []
    if logged.model_id not in [output.model_id for output in known]:
        # Saying it twice is an error, unlike with data set inputs.
        client.log_outputs(run.info.run_id, [LoggedModelOutput(logged.model_id, step=0)])


def _upload(client: MlflowClient, logged: LoggedModel, run: RunFolder, model: TrainedModel) -> None:
    with run.scratch() as scratch:
        described = scratch / "model"
        _save(described, logged, run, model)
        client.log_model_artifacts(logged.model_id, str(described))
    _upload_network(client, logged, run.path / model.folder)
    client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)


def _upload_network(client: MlflowClient, logged: LoggedModel, network: Path) -> None:
    """Have a network's files be among the model's; on the disk of the journal they take no room again."""
    place = f"{DATA}/{network.name}"
    if not logged.artifact_location.startswith("file:"):
        client.log_model_artifacts(logged.model_id, str(network), place)
        return
    artifacts = Path(local_file_uri_to_path(logged.artifact_location))  # type: ignore[no-untyped-call]
    for file in _files(network):
        share(file, artifacts / place / file.relative_to(network))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _one_model(client: MlflowClient, run: Run, name: str, found: list[LoggedModel]) -> LoggedModel:
    if not found:
        client.create_logged_model(
            run.info.experiment_id,
            name=name,
            source_run_id=run.info.run_id,
            params=run.data.params,
            tags={"mlflow.modelType": "pyfunc"},
        )
        found = _models_of(client, run, name)
    # A lost answer, or another shipper, can have made two: the one that is ready stays.
    found.sort(key=lambda model: (model.status != LoggedModelStatus.READY, model.model_id))
    for other in found[1:]:
        client.delete_logged_model(other.model_id)
    return found[0]


def _models_of(client: MlflowClient, run: Run, name: str) -> list[LoggedModel]:
    its_own = f"source_run_id = '{run.info.run_id}'"
    models = client.search_logged_models([run.info.experiment_id], its_own)
    return [model for model in models if model.name in {name, NETWORK}]


def _save(target: Path, logged: LoggedModel, run: RunFolder, model: TrainedModel) -> None:
    """Write all of a model but the network's files, which lie beside the journal already."""
    loader, network = run.path / model.loader, run.path / model.folder
    empty = target.with_name("empty") / network.name
    empty.mkdir(parents=True)
    described = Model(
        artifact_path=logged.artifact_location,
        run_id=logged.source_run_id,
        model_uuid=logged.model_id,
        model_id=logged.model_id,
    )
    mlflow.pyfunc.save_model(
        target,
        # A loader module next to its data: MLflow refuses pickles where a server's owner forbids them.
        loader_module=loader.stem,
        data_path=str(empty),
        code_paths=[str(loader)],
        mlflow_model=described,
        signature=_signature(model),
        input_example=_example(model),
        pip_requirements=list(model.pip_requirements),
        metadata={
            "classes": list(model.classes),
            "image_size": model.image_size,
            SHA256: digests_below(model.folder, model.sha256),
        },
    )
    size = sum(file.stat().st_size for file in _files(network))
    described.model_size_bytes = (described.model_size_bytes or 0) + size
    described.save(str(target / MLMODEL_FILE_NAME))


def _signature(model: TrainedModel) -> ModelSignature:
    """Say what comes out, and what goes in where that is one thing: MLflow lets nothing else in then."""
    images_NHWC = Schema([TensorSpec(np.dtype(np.uint8), (-1, -1, -1, 3))])
    probabilities: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.double, name=name) for name in model.classes
    ]
    return ModelSignature(
        inputs=None if model.reads_files else images_NHWC,
        outputs=Schema(probabilities),
        # Whoever asks without it gets what earlier versions gave.
        params=_PARAMS if model.calibrates else None,  # type: ignore[arg-type]
    )


def _example(model: TrainedModel) -> pd.DataFrame | np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    images_NHWC = np.arange(np.prod(_EXAMPLE_SHAPE)).reshape(_EXAMPLE_SHAPE).astype(np.uint8)
    if not model.reads_files:
        return images_NHWC
    return pd.DataFrame({"image": [_png(image_HWC) for image_HWC in images_NHWC]})


def _png(image_HWC: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    content = io.BytesIO()
    Image.fromarray(image_HWC).save(content, "PNG")
    return content.getvalue()
