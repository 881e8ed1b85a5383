"""A second flavor of a model that MLflow has: one that loads where no code of a model may run."""

from __future__ import annotations

import tempfile
from pathlib import Path

from mlflow.models import Model
from mlflow.models.model import MLMODEL_FILE_NAME

from tracker.tracking.backend.client import reading
from tracker.tracking.backend.environment import UPLOAD_TIMEOUT_S, request_timeout

_FLAVOR, _FOLDER, _FILE = "pytorch", "pt2", "model.pt2"
"""What `mlflow.pytorch.load_model` looks for."""


_PROGRAM = "tracker.program"
"""The tag of a model that has one, with the version of torch that wrote it: copies of its files may not."""


def has_program(uri: str, model_id: str) -> bool:
    """Say whether a model has the flavor.

    Args:
        uri: As `resolve_uri` gives it.
        model_id: MLflow's id of the model.

    Raises:
        TrackingError: The server does not answer.
    """
    with reading(uri) as client:
        return _PROGRAM in client.get_logged_model(model_id).tags


def add_program(uri: str, model_id: str, model: Path, program: bytes, *, torch_version: str) -> None:
    """Add an exported program to a model; done again, it changes nothing.

    Args:
        uri: As `resolve_uri` gives it.
        model_id: MLflow's id of the model.
        model: MLflow's folder of it, or a copy.
        program: As `torch.export.save` writes it.
        torch_version: The version of torch that wrote it.

    Raises:
        TrackingError: The server does not answer, or does not let us.
    """
    described = Model.load(str(model))
    described.add_flavor(_FLAVOR, model_data=_FOLDER, pytorch_version=torch_version, code=None)
    described.model_size_bytes = (described.model_size_bytes or 0) + len(program)
    with tempfile.TemporaryDirectory(prefix="tracker-") as scratch, reading(uri, to="write") as client:
        files, description = Path(scratch, _FOLDER), Path(scratch, "description")
        for folder in (files, description):
            folder.mkdir()
        (files / _FILE).write_bytes(program)
        described.save(str(description / MLMODEL_FILE_NAME))
        with request_timeout(UPLOAD_TIMEOUT_S):
            # What names the files comes after them.
            client.log_model_artifacts(model_id, str(files), _FOLDER)
            client.log_model_artifacts(model_id, str(description))
        client.set_logged_model_tags(model_id, {_PROGRAM: torch_version})


def add_file(uri: str, model_id: str, name: str, content: bytes) -> None:
    """Put a file beside those of a model; one of that name is replaced.

    Args:
        uri: As `resolve_uri` gives it.
        model_id: MLflow's id of the model.
        name: The file's name.
        content: What is in it.

    Raises:
        TrackingError: The server does not answer, or does not let us.
    """
    with tempfile.TemporaryDirectory(prefix="tracker-") as scratch, reading(uri, to="write") as client:
        Path(scratch, name).write_bytes(content)
        with request_timeout(UPLOAD_TIMEOUT_S):
            client.log_model_artifacts(model_id, scratch)
