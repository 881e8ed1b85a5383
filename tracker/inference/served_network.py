"""A trained network as it is loaded elsewhere: a file that stands alone, copied beside the weights.

It needs torch, torchvision, safetensors, pillow, numpy and pandas, and nothing of tracker. MLflow calls
`_load_pyfunc`; without MLflow, `load(folder).predict(images)` does the same.
"""

from __future__ import annotations

import json
import runpy
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors.torch
import torch
import torchvision
from PIL import Image, ImageOps

_BATCH_SIZE = 16


class ServedNetwork:
    """Decoded images to class probabilities.

    Args:
        network: Normalized images [N, 3, H, W] to logits [N, classes].
        card: What `card.json` holds: class names, image size, resize rule, mean and std.
    """

    def __init__(self, network: torch.nn.Module, card: dict[str, Any]) -> None:
        self.network = network.eval()
        self.classes: list[str] = card["classes"]
        self._size: int = card["image_size"]
        self._resize: str = card["resize"]
        self._mean = torch.tensor(card["mean"])
        self._std = torch.tensor(card["std"])

    def predict(self, images: Any, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return one row an image and one column a class, probabilities that sum to one.

        Args:
            images: uint8 [N, H, W, 3] as a decoder gives them, of any height and width.
            params: Not used; MLflow passes it.
        """
        pixels = np.stack([self._resized(image) for image in np.asarray(images, dtype=np.uint8)])
        with torch.inference_mode():
            batches = torch.split(torch.from_numpy(pixels), _BATCH_SIZE)
            probabilities = torch.cat([self._probabilities(batch) for batch in batches])
        return pd.DataFrame(probabilities.numpy(), columns=self.classes)

    def _probabilities(self, pixels: torch.Tensor) -> torch.Tensor:
        normalized = (pixels.float() / 255 - self._mean) / self._std
        logits: torch.Tensor = self.network(normalized.permute(0, 3, 1, 2))
        # In single precision, images that are as good as certain would all be exactly that.
        return logits.double().softmax(1)

    def _resized(self, image: np.ndarray[Any, np.dtype[np.uint8]]) -> np.ndarray[Any, np.dtype[np.uint8]]:
        size = (self._size, self._size)
        picture = Image.fromarray(image)
        if self._resize == "pad":
            picture = ImageOps.pad(picture, size, method=Image.Resampling.BILINEAR)
        elif self._resize == "crop":
            picture = ImageOps.fit(picture, size, method=Image.Resampling.BILINEAR)
        return np.asarray(picture.resize(size, Image.Resampling.BILINEAR))


def load(folder: str) -> ServedNetwork:
    """Return the network that a folder holds as `card.json` and `network.safetensors`."""
    card = json.loads((Path(folder) / "card.json").read_text(encoding="utf-8"))
    network = _new_network(Path(folder), card)
    state = safetensors.torch.load_file(Path(folder) / "network.safetensors")
    network.set_submodule(card["head"], _layer_for(state[f"{card['head']}.weight"]))
    network.load_state_dict(state)
    return ServedNetwork(network, card)


def _new_network(folder: Path, card: dict[str, Any]) -> torch.nn.Module:
    if card["builder"] is None:
        build = runpy.run_path(str(folder / "minis.py"))["MINIS"][card["model"]]
    else:
        build = partial(torchvision.models.get_model, card["model"], weights=None, **card["builder"])
    network: torch.nn.Module = build()
    return network


def _layer_for(weight: torch.Tensor) -> torch.nn.Module:
    outputs, inputs = weight.shape[:2]
    if weight.ndim == 4:
        return torch.nn.Conv2d(inputs, outputs, kernel_size=1)
    return torch.nn.Linear(inputs, outputs)


def _load_pyfunc(data_path: str) -> ServedNetwork:
    return load(data_path)
