"""The trained network as an MLflow model of its run: once, with signature and example, without a pickle."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow.pyfunc
import numpy as np
from mlflow.entities import LoggedModelOutput, LoggedModelStatus
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec

from tracker.tracking.backend.environment import UPLOAD_TIMEOUT_S, request_timeout

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Run

    from tracker.tracking.journal.entries import TrainedModel
    from tracker.tracking.journal.run_folder import RunFolder

MODEL_NAME = "network"
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
    """
    with request_timeout(UPLOAD_TIMEOUT_S):
        found = client.get_run(run_id)
        logged = _one_model(client, found)
        _name_as_output(client, found, logged)
        if logged.status != LoggedModelStatus.READY:
            _upload(client, logged, run, model)


def _name_as_output(client: MlflowClient, run: Run, logged: LoggedModel) -> None:
    known = run.outputs.model_outputs if run.outputs is not None else []
    if logged.model_id not in [output.model_id for output in known]:
        # Saying it twice is an error, unlike with data set inputs.
        client.log_outputs(run.info.run_id, [LoggedModelOutput(logged.model_id, step=0)])


def _upload(client: MlflowClient, logged: LoggedModel, run: RunFolder, model: TrainedModel) -> None:
    with tempfile.TemporaryDirectory(prefix="tracker-model-") as scratch:
        files = Path(scratch) / "model"
        _save(files, logged, run, model)
        client.log_model_artifacts(logged.model_id, str(files))
    client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)


def _one_model(client: MlflowClient, run: Run) -> LoggedModel:
    found = _models_of(client, run)
    if not found:
        client.create_logged_model(
            run.info.experiment_id,
            name=MODEL_NAME,
            source_run_id=run.info.run_id,
            params=run.data.params,
            tags={"mlflow.modelType": "pyfunc"},
        )
        found = _models_of(client, run)
    # A lost answer, or another shipper, can have made two: the one that is ready stays.
    found.sort(key=lambda model: (model.status != LoggedModelStatus.READY, model.model_id))
    for other in found[1:]:
        client.delete_logged_model(other.model_id)
    return found[0]


def _models_of(client: MlflowClient, run: Run) -> list[LoggedModel]:
    its_own = f"source_run_id = '{run.info.run_id}'"
    models = client.search_logged_models([run.info.experiment_id], its_own)
    return [model for model in models if model.name == MODEL_NAME]


def _save(target: Path, logged: LoggedModel, run: RunFolder, model: TrainedModel) -> None:
    loader = run.path / model.loader
    mlflow.pyfunc.save_model(
        target,
        # A loader module next to its data: MLflow refuses pickles where a server's owner forbids them.
        loader_module=loader.stem,
        data_path=str(run.path / model.folder),
        code_paths=[str(loader)],
        mlflow_model=Model(
            artifact_path=logged.artifact_location,
            run_id=logged.source_run_id,
            model_uuid=logged.model_id,
            model_id=logged.model_id,
        ),
        signature=_signature(model),
        input_example=_example(),
        pip_requirements=list(model.pip_requirements),
        metadata={"classes": list(model.classes), "image_size": model.image_size},
    )


def _signature(model: TrainedModel) -> ModelSignature:
    images_NHWC = TensorSpec(np.dtype(np.uint8), (-1, -1, -1, 3))
    probabilities: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.double, name=name) for name in model.classes
    ]
    return ModelSignature(inputs=Schema([images_NHWC]), outputs=Schema(probabilities))


def _example() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.arange(np.prod(_EXAMPLE_SHAPE)).reshape(_EXAMPLE_SHAPE).astype(np.uint8)
