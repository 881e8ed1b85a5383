"""The digests of a trained network's files: written into MLflow's `MLmodel` beside them, and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

DATA = "data"
"""The folder of a model in which MLflow has what its loader reads."""

MLMODEL = "MLmodel"
SHA256 = "sha256"
"""What the metadata in `MLmodel` calls the digests: by paths below the model's data folder."""


def digests_below(folder: str, sha256: Mapping[str, str]) -> dict[str, str]:
    """Return the digests of the files in one folder, by their paths below it.

    Args:
        folder: The folder of a run in which the network's files are.
        sha256: The digests of all files of a model, by their paths below the run's folder.
    """
    inside = f"{folder}/"
    return {path.removeprefix(inside): one for path, one in sha256.items() if path.startswith(inside)}


def recorded_digests(model: Path) -> dict[Path, str]:
    """Return the digests that a model's files must have, by path; none of models of earlier versions.

    Args:
        model: MLflow's folder of a model, with `MLmodel` in it.

    Raises:
        OSError: `MLmodel` cannot be read.
        ValueError: It is not what MLflow writes.
    """
    try:
        told: Any = yaml.safe_load((model / MLMODEL).read_text(encoding="utf-8"))
        metadata = told.get("metadata") or {}
        data = model / told["flavors"]["python_function"]["data"]
        return {data / name: str(digest) for name, digest in dict(metadata.get(SHA256) or {}).items()}
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{MLMODEL} is not what MLflow writes") from error


def changed_files(sha256: Mapping[Path, str]) -> list[str]:
    """Return what became of files that are not what was recorded, such as `card.json was changed`.

    Args:
        sha256: The digests that they must have, by path.

    Raises:
        OSError: A file is there and cannot be read.
    """
    return [f"{path.name} {became}" for path, one in sha256.items() if (became := _became(path, one))]


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _became(path: Path, digest: str) -> str:
    if not path.is_file():
        return "is missing"
    return "" if sha256_of(path) == digest else "was changed since it was recorded"
