"""A trained network as it is loaded elsewhere: a file that stands alone, copied beside the weights.

It needs torch, torchvision, safetensors, numpy and pandas, what `decoding/` beside the weights needs, and
nothing of tracker. MLflow calls `_load_pyfunc`; without MLflow, `load(folder).predict(images)` does the same.

Letters of shapes: N images, H and W their height and width, C their channels.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import os
import pkgutil
import runpy
import string
import sys
import warnings
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import safetensors
import safetensors.torch
import torch
import torchvision

_BATCH_SIZE = 16
_SHOWN = 10
# In one request of others.
_MOST_SERVED = 64
_COLUMN, _CALIBRATED = "image", "calibrated"
_MOST_CHANNELS = 4
_BEGINNINGS = (b"\x89PNG", b"\xff\xd8\xff", b"II", b"MM", b"BM")
_DICOM, _DICOM_AT = b"DICM", 128
# No name of a file is longer, and no image of use is shorter.
_LONGEST_NAME = 255
_SPACE = string.whitespace.encode()
# Set by MLflow where it answers requests of others.
_SERVING = "_MLFLOW_IS_IN_SERVING_ENVIRONMENT"


class ServedNetwork:
    """Images to class probabilities, read and resized as the images were that it was trained on.

    Args:
        network: Normalized images [N, 3, H, W] to logits [N, classes].
        card: What `card.json` holds: class names, image size, resize rule, mean and std.
        decoding: What reads images: `decode`, `prepare`, `to_rgb` and `UndecodableError`.
    """

    def __init__(self, network: torch.nn.Module, card: dict[str, Any], decoding: ModuleType) -> None:
        self.network = network.eval()
        self.classes: list[str] = card["classes"]
        # Networks of earlier versions have none.
        self.temperature: float | None = card.get("temperature")
        self._shape = {"image_size": card["image_size"], "resize": card["resize"]}
        self._decoding = decoding
        std = torch.tensor(card["std"])
        self._scale, self._shift = 1 / (255 * std), -torch.tensor(card["mean"]) / std

    def predict(self, images: Any, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return one row an image and one column a class, probabilities that sum to one.

        Args:
            images: Paths of image files, or what is in them (bytes, or text in base64), in a list, an array
                or a column of a data frame (`image`, or its only one); or decoded images, uint8 or uint16
                [N, H, W, C] or a list of [H, W] and [H, W, C], C = 1 for gray, 3 for colors. One of
                these without a list is one image.
            params: `{"calibrated": True}`: the logits are divided by the temperature that the validation part
                gave, which changes no order. MLflow passes it.

        Raises:
            ValueError: Some images cannot be read; says which, and why. Or the network has no temperature, or
                others ask about too many images at once.
        """
        temperature = self._temperature(params or {})
        cells = _cells(images)
        if os.environ.get(_SERVING) and len(cells) > _MOST_SERVED:
            raise _refusal(f"a request must have at most {_MOST_SERVED} images, but it has {len(cells)}")
        index = images.index if isinstance(images, pd.DataFrame | pd.Series) else None
        squares = self._squares(cells)
        with torch.inference_mode():
            batches = [squares[start : start + _BATCH_SIZE] for start in range(0, len(squares), _BATCH_SIZE)]
            logits = [self._logits(torch.from_numpy(np.stack(batch))) for batch in batches]
            # In single precision, images that are as good as certain would all be exactly that.
            answers = [(some.double() / temperature).softmax(1) for some in logits]
        rows = torch.cat(answers).numpy() if answers else np.empty((0, len(self.classes)))
        return pd.DataFrame(rows, columns=self.classes, index=index)

    def _squares(self, cells: Sequence[Any]) -> list[np.ndarray[Any, np.dtype[np.uint8]]]:
        squares, problems = [], []
        for place, cell in enumerate(cells):
            try:
                squares.append(self._square(cell))
            except (self._decoding.UndecodableError, _NoImageError) as error:
                name = f" ({cell})" if _is_path(cell) else ""
                problems.append(f"image {place}{name}: {error}")
        if problems:
            more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
            raise _refusal("; ".join([*problems[:_SHOWN], *more]))
        return squares

    def _square(self, cell: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Return an image [size, size, 3]."""
        source = _source(cell)
        read = self._decoding.prepare if isinstance(source, np.ndarray) else self._decoding.decode
        square: np.ndarray[Any, np.dtype[np.uint8]] = self._decoding.to_rgb(read(source, **self._shape))
        return square

    def _logits(self, pixels: torch.Tensor) -> torch.Tensor:
        normalized = pixels.float() * self._scale + self._shift
        logits: torch.Tensor = self.network(normalized.permute(0, 3, 1, 2))
        return logits

    def _temperature(self, params: Mapping[str, Any]) -> float:
        """Return what logits are divided by."""
        if not params.get(_CALIBRATED):
            return 1.0
        if self.temperature is None:
            raise _refusal(
                "a network must have a temperature for calibrated answers, but this one has none: "
                "its validation images gave none, or an earlier version trained it"
            )
        return self.temperature


def _refusal(why: str) -> ValueError:
    """Return what to raise; where MLflow serves, it answers 400 and this, without a traceback or the data."""
    if not os.environ.get(_SERVING):
        return ValueError(why)
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import BAD_REQUEST

    class Refusal(MlflowException, ValueError):
        def serialize_as_json(self) -> str:
            return json.dumps({"error_code": self.error_code, "message": why})

    return Refusal(why, error_code=BAD_REQUEST)


class _NoImageError(ValueError):
    """Something that is asked about is no image; the message is the reason."""


def _cells(images: Any) -> Sequence[Any]:
    """Return the single images that are asked about."""
    if isinstance(images, dict | pd.DataFrame):
        return _cells(_column(images))
    if isinstance(images, np.ndarray):
        return _cells_of_array(images)
    if isinstance(images, pd.Series | pd.Index | tuple):
        return list(images)
    if isinstance(images, list):
        # What JSON makes of arrays.
        return _cells_of_array(_array(images)) if images and _is_nested_numbers(images) else images
    return [images]


def _column(table: dict[Any, Any] | pd.DataFrame) -> Any:
    names = [_COLUMN] if _COLUMN in table else list(table)
    if len(names) != 1:
        raise _refusal(f"a table must have one column, or one named {_COLUMN}, but it has {names}")
    return table[names[0]]


def _cells_of_array(array: np.ndarray[Any, Any]) -> Sequence[Any]:
    if array.dtype.kind in "OU":
        return list(array.ravel())
    single = array.ndim <= 2 or (array.ndim == 3 and array.shape[2] <= _MOST_CHANNELS)
    return [array] if single else list(array)


def _is_nested_numbers(value: Any) -> bool:
    while isinstance(value, list) and value:
        value = value[0]
    return isinstance(value, int | float)


def _source(cell: Any) -> Path | bytes | np.ndarray[Any, Any]:
    """Return one image as a path, as what is in a file, or decoded [H, W] or [H, W, C]."""
    if isinstance(cell, bytes | bytearray | memoryview):
        if not cell:
            raise _NoImageError("nothing is in it")
        return bytes(cell)
    if isinstance(cell, str):
        content = _from_base64(cell)
        if content is not None:
            return content
        if os.environ.get(_SERVING):
            raise _NoImageError(
                "neither PNG, JPEG, TIFF, BMP nor DICOM in base64 (paths are not taken from others)"
            )
        return Path(cell)
    if isinstance(cell, os.PathLike):
        return Path(cell)
    if isinstance(cell, list):
        cell = _array(cell)
    if isinstance(cell, np.ndarray):
        return _decoded(cell)
    raise _NoImageError(f"neither a path nor bytes nor an array, but {type(cell).__name__}")


def _is_path(cell: Any) -> bool:
    return isinstance(cell, str | os.PathLike) and len(os.fspath(cell)) <= _LONGEST_NAME


def _from_base64(text: str) -> bytes | None:
    """Return what is written in base64, also as a data URL; None where it is a path."""
    encoded = text.partition(",")[2] if text.startswith("data:") else text
    try:
        # Not split: as many pieces as letters would take twenty times the memory.
        content = base64.b64decode(encoded.encode("ascii").translate(None, _SPACE), validate=True)
    except ValueError:
        return None
    known = content.startswith(_BEGINNINGS) or content.startswith(_DICOM, _DICOM_AT)
    return content if known or len(text) > _LONGEST_NAME else None


def _array(nested: list[Any]) -> np.ndarray[Any, Any]:
    try:
        return np.asarray(nested)
    except ValueError:
        raise _NoImageError("a list of rows of different lengths") from None


def _decoded(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if image.ndim not in (2, 3) or (image.ndim == 3 and not 1 <= image.shape[2] <= _MOST_CHANNELS):
        raise _NoImageError(f"an array {list(image.shape)}, not [H, W] or [H, W, C] with 1 to 4 channels")
    if image.size == 0:
        raise _NoImageError(f"an array {list(image.shape)} without pixels")
    if image.dtype == np.int64 and image.min() >= 0 and image.max() <= np.iinfo(np.uint8).max:
        # Numbers of no width of their own, as JSON's.
        return image.astype(np.uint8)
    if image.dtype.kind != "u" or image.dtype.itemsize > 2:
        raise _NoImageError(f"an array of {image.dtype}: give uint8 or uint16, or the file")
    return image.astype(image.dtype.newbyteorder("="))


def load(folder: str) -> ServedNetwork:
    """Return the network that a folder holds: `card.json`, `network.safetensors` and `decoding/`."""
    place = Path(folder)
    card = json.loads((place / "card.json").read_text(encoding="utf-8"))
    own = {} if card["builder"] is not None else runpy.run_path(str(place / "minis.py"))["MINIS"]
    return ServedNetwork(trained_module(place, card, own), card, _decoding(place / "decoding"))


def trained_module(folder: Path, card: dict[str, Any], builders: Mapping[str, Any]) -> torch.nn.Module:
    """Return a network with its trained weights: normalized images [N, 3, H, W] to logits [N, classes].

    Args:
        folder: Holds `network.safetensors`; no code in it is run.
        card: What `card.json` holds.
        builders: What builds networks that torchvision does not have, by name.
    """
    if card["builder"] is None:
        network: torch.nn.Module = builders[card["model"]]()
    else:
        network = torchvision.models.get_model(card["model"], weights=None, **card["builder"])
    state = _state(folder / "network.safetensors", network)
    network.set_submodule(card["head"], _layer_for(state[f"{card['head']}.weight"]))
    with warnings.catch_warnings():
        # Of layers of an older version, which they are brought back to.
        warnings.simplefilter("ignore")
        network.load_state_dict(state)
    return network


def _decoding(folder: Path) -> ModuleType:
    """Import the package in a folder, under a name of its own: another network may bring another version."""
    content = b"".join(file.read_bytes() for file in sorted(folder.glob("*.py")))
    name = f"decoding_{hashlib.sha256(content).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, folder / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    # The folder may be that of a store, in which nothing is to be left.
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
        # All of it: the folder can be gone before the first image of a kind comes.
        for part in pkgutil.iter_modules(module.__path__):
            # An image of a kind whose library is not here is refused when it comes.
            with suppress(ImportError):
                importlib.import_module(f"{name}.{part.name}")
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.dont_write_bytecode = before
    return module


def _state(file: Path, network: torch.nn.Module) -> OrderedDict[str, torch.Tensor]:
    """Read the state dict, with the versions of its layers where torch looks for them."""
    with safetensors.safe_open(file, framework="pt") as opened:
        versions = (opened.metadata() or {}).get("layer_versions")
    state = OrderedDict(safetensors.torch.load_file(file))
    current = network.state_dict()._metadata  # type: ignore[attr-defined]
    state._metadata = json.loads(versions) if versions else current  # type: ignore[attr-defined]
    return state


def _layer_for(weight: torch.Tensor) -> torch.nn.Module:
    outputs, inputs = weight.shape[:2]
    if weight.ndim == 4:
        return torch.nn.Conv2d(inputs, outputs, kernel_size=1)
    return torch.nn.Linear(inputs, outputs)


def _load_pyfunc(data_path: str) -> ServedNetwork:
    return load(data_path)
