"""A trained network in a folder, as it lies beside a journal and in a store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tracker.compare.operating_point import OperatingPoint
from tracker.config.recipe import Resize
from tracker.inference.export import named_loader, network_files
from tracker.inference.loading import TrainedNetwork
from tracker.models.networks import Network


def export_network(
    network: Network,
    folder: Path,
    *,
    classes: Sequence[str],
    image_size: int,
    resize: Resize,
    point: OperatingPoint | None = None,
) -> None:
    """Write the files of a network into a folder that is there."""
    files = network_files(network, classes=classes, image_size=image_size, resize=resize, point=point)
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def normalized(network: TrainedNetwork, pixels_NHWC: NDArray[np.uint8]) -> Tensor:
    """Return what a network's module takes, float32 [N, 3, H, W], in plain words of torch."""
    std_C = torch.tensor(network.std)
    scale_C, shift_C = 1 / (255 * std_C), -torch.tensor(network.mean) / std_C
    return (torch.from_numpy(pixels_NHWC).float() * scale_C + shift_C).permute(0, 3, 1, 2)


def copy_loader(folder: Path) -> Path:
    """Write what loads a network into a folder, and return where it is."""
    name, content = named_loader()
    (folder / name).write_bytes(content)
    return folder / name
