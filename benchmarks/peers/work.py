"""The work that all sides do: the same images in the same parts, the same network, the same settings."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torchvision
from PIL import Image
from torchvision.transforms.functional import normalize, pil_to_tensor

from tracker.config.loading import read_options
from tracker.records import Part
from tracker.runs.images import find_images

PARTS: tuple[Part, ...] = ("train", "val", "test")
RATES = {"feature-extractor": 0.01, "fine-tuning": 0.001}
LOWEST = {"feature-extractor": 1e-4, "fine-tuning": 1e-5}
TRIALS, SEEDS, DECADES = 10, 5, 4
_MEAN, _STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
_CALIBRATION_IMAGES = 64


@dataclass(frozen=True)
class Work:
    """One row of the table.

    Attributes:
        kind: `run`, `study` (ten learning rates, validation images alone, no network stored) or `seeds`
            (five).
    """

    model: str
    mode: str
    kind: str

    @property
    def name(self) -> str:
        """Return its name in the table."""
        what = {"run": "", "study": f", {TRIALS} learning rates", "seeds": f", {SEEDS} seeds"}[self.kind]
        return f"{self.model}, {self.mode}{what}"

    @property
    def rates(self) -> list[float]:
        """Return the learning rates: those of a grid of tracker's, from the lowest of the mode's range."""
        if self.kind != "study":
            return [RATES[self.mode]]
        steps = DECADES / (TRIALS - 1)
        return [LOWEST[self.mode] * 10 ** (step * steps) for step in range(TRIALS)]

    def job(self, images: Path, settings: dict[str, Any]) -> dict[str, Any]:
        """Return what a peer's script is told.

        Args:
            images: The folder above the parts.
            settings: Epochs, batch size, image size and workers.
        """
        return {
            **settings,
            "images": str(images),
            "model": self.model,
            "mode": self.mode,
            "rates": self.rates,
            "seeds": list(range(SEEDS)) if self.kind == "seeds" else [0],
            "parts": list(PARTS[:2] if self.kind == "study" else PARTS),
            "store_model": self.kind != "study",
            "precision": "fp32",
            "store": "sqlite:///mlflow.db",
            "experiment": "peers",
        }


def arrange_images(folder: Path, count: int, to: Path) -> dict[str, int]:
    """Copy some images to folders `train/CLASS`, `val/CLASS` and `test/CLASS`, in tracker's proportions.

    Args:
        folder: A folder of images a class, or one that is divided into parts already.
        count: How many; 0 for all.
        to: Where the folders of the parts are to be.

    Returns:
        How many images each part has.
    """
    images = find_images(read_options({"dataset": "folder", "data": folder}))
    manifest, of_parts = images.manifest, images.split.indexes(images.manifest)
    total, sizes = len(manifest.samples), {}
    for part in PARTS:
        rows = list(_evenly(of_parts[part], manifest.labels))
        rows = rows[: round(len(rows) * count / total)] if count else rows
        for row in rows:
            place = to / part / manifest.classes[manifest.labels[row]]
            place.mkdir(parents=True, exist_ok=True)
            source = manifest.samples[row].path
            shutil.copyfile(source, place / f"{row}_{source.name}")
        sizes[part] = len(rows)
    return sizes


def _evenly(rows: Any, labels: Any) -> Iterator[int]:
    """Yield rows of the classes in turn, so that the first ones have classes in proportion."""
    by_class: dict[int, list[int]] = {}
    for row in rows:
        by_class.setdefault(labels[row], []).append(row)
    order = [((place + 0.5) / len(some), row) for some in by_class.values() for place, row in enumerate(some)]
    yield from (row for _place, row in sorted(order))


def resize_images(images: Path, size: int, to: Path) -> None:
    """Save the same images in the size that a network takes, without loss."""
    for path in images.rglob("*.*"):
        target = (to / path.relative_to(images)).with_suffix(".png")
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as image:
            image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR).save(target)


def save_weights(model: str, images: Path, size: int, torch_home: Path) -> Path:
    """Save random weights, whose batch norms know the images, under the name of ImageNet's.

    Returns:
        The same file under another name: tracker refuses others than ImageNet's under that name.
    """
    torch.manual_seed(0)
    network = torchvision.models.get_model(model, weights=None)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = None
    paths = sorted((images / "train").rglob("*.*"), key=lambda path: path.name)[:_CALIBRATION_IMAGES]
    with torch.no_grad():
        network.train()(torch.stack([_read(path, size) for path in paths]))
    url = torchvision.models.get_model_weights(model)["IMAGENET1K_V1"].url
    file = torch_home / "hub" / "checkpoints" / Path(url).name
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), file)
    return Path(shutil.copyfile(file, torch_home / f"{model}.pth"))


def _read(path: Path, size: int) -> torch.Tensor:
    with Image.open(path) as image:
        pixels = pil_to_tensor(image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR))
    return normalize(pixels / 255, _MEAN, _STD)
