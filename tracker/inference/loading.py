"""A trained network for use: what a user named, found, checked, and loaded without running its code.

Letters of shapes: N images, H = W their size, K classes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tracker.config.recipe import Resize
from tracker.errors import ModelError
from tracker.inference.served_network import trained_module
from tracker.models.minis import MINIS
from tracker.records import RunRecord
from tracker.tracking.backend.trained_models import find_trained_model, is_address
from tracker.ui.stores import open_store

_CARD = "card.json"
# Where MLflow puts the files of a model.
_DATA = "data"


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network, and what is known of it.

    Attributes:
        asked: How the user named it.
        module: Normalized images [N, 3, H, W] to logits [N, K], in evaluation mode, on the CPU.
        head: The dotted name of its last layer.
        model: The network's name, such as `resnet152`.
        classes: The names of the classes, in the order of its outputs.
        image_size: Height and width of the images that it takes, in pixels.
        resize: How images that are not square become so.
        mean: What is subtracted from each channel, on the scale 0 to 1.
        std: What each channel is divided by.
        positive: The class that is the finding; None of more than two classes, or where it is not known.
        threshold: The finding's log-odds from which an image is called so, as the validation part chose it;
            None where it is not known.
        temperature: What logits are divided by for calibrated probabilities, fitted on the validation part;
            None where it is not known.
        folder: Its files: `card.json` and `network.safetensors`; not to be written to.
        run: The run that trained it; None of a folder that says none.
        model_id: MLflow's id of the model; empty of a folder.
    """

    asked: str
    module: nn.Module
    head: str
    model: str
    classes: tuple[str, ...]
    image_size: int
    resize: Resize
    mean: tuple[float, ...]
    std: tuple[float, ...]
    positive: str | None
    threshold: float | None
    temperature: float | None
    folder: Path
    run: RunRecord | None = None
    model_id: str = ""

    def normalize(self, pixels_NHWC: NDArray[np.uint8]) -> Tensor:
        """Return what the module takes, float32 [N, 3, H, W], of colored pixels."""
        std_C = torch.tensor(self.std)
        scale_C, shift_C = 1 / (255 * std_C), -torch.tensor(self.mean) / std_C
        return (torch.from_numpy(pixels_NHWC).float() * scale_C + shift_C).permute(0, 3, 1, 2)

    @torch.inference_mode()
    def logits(self, pixels_NHWC: NDArray[np.uint8]) -> Tensor:
        """Return float32 logits [N, K] of images, decoded and of its size, red, green, blue."""
        answer: Tensor = self.module(self.normalize(pixels_NHWC))
        return answer.float()


def load_trained(model: str | Path, *, tracking_uri: str | None = None) -> TrainedNetwork:
    """Load a trained network; no code beside it is run.

    Args:
        model: RUN_ID, `runs:/RUN_ID/NAME`, `models:/NAME@ALIAS`, `models:/NAME/VERSION`, or a folder:
            MLflow's of a model, or the one with `card.json`.
        tracking_uri: MLflow's server or store; None: MLFLOW_TRACKING_URI, or mlflow.db in this folder.

    Raises:
        TrackingError: The store does not answer, or has no such model.
        ModelError: The folder holds no trained network, or files of it were changed.
    """
    asked = str(model)
    if not is_address(asked):
        return _loaded(asked, _network_folder(Path(model)))
    with open_store(tracking_uri) as uri:
        found = find_trained_model(uri, asked)
        return _loaded(asked, _network_folder(found.folder), found.run, found.model_id)


def load_several(models: Sequence[str | Path], *, tracking_uri: str | None = None) -> list[TrainedNetwork]:
    """Load networks that answer together; they have the same classes.

    Args:
        models: As for `load_trained`.
        tracking_uri: As for `load_trained`.

    Raises:
        ModelError: They have different classes.
    """
    loaded = [load_trained(model, tracking_uri=tracking_uri) for model in models]
    for one in loaded:
        if one.classes != loaded[0].classes:
            raise ModelError(
                "models that answer together must have the same classes",
                but=f"{loaded[0].asked} has {', '.join(loaded[0].classes)}, "
                f"and {one.asked} has {', '.join(one.classes)}",
                do="Ask them one by one.",
            )
    return loaded


def _network_folder(folder: Path) -> Path:
    for place in (folder, *sorted((folder / _DATA).glob("*"))):
        if (place / _CARD).is_file():
            return place
    raise ModelError(
        "a model must be a run's id, models:/NAME@ALIAS, or a folder with a trained network (card.json)",
        but=f"{folder} is no such folder" if folder.is_dir() else f"there is no folder {folder}",
        do="List runs with: tracker status.",
    )


def _loaded(asked: str, folder: Path, run: RunRecord | None = None, model_id: str = "") -> TrainedNetwork:
    card: Mapping[str, Any] = json.loads((folder / _CARD).read_text(encoding="utf-8"))
    return TrainedNetwork(
        asked=asked,
        module=trained_module(folder, dict(card), MINIS).eval(),
        head=card["head"],
        model=card["model"],
        classes=tuple(card["classes"]),
        image_size=card["image_size"],
        resize=card["resize"],
        mean=tuple(card["mean"]),
        std=tuple(card["std"]),
        positive=card.get("positive"),
        threshold=card.get("threshold"),
        temperature=card.get("temperature"),
        folder=folder,
        run=run,
        model_id=model_id,
    )
