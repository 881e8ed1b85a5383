"""Write a trained network to a folder from which it can be loaded anywhere."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import safetensors.torch

from tracker.config.recipe import Resize
from tracker.inference import served_network
from tracker.models import minis
from tracker.models.layer_versions import written_versions
from tracker.models.networks import Network, builder_options

LOADER = Path(served_network.__file__)
_NEEDED = ("torch", "torchvision", "safetensors", "pillow", "numpy", "pandas")


def export_network(
    network: Network, folder: Path, *, classes: Sequence[str], image_size: int, resize: Resize
) -> None:
    """Write `network.safetensors` and `card.json` into a folder, and what builds a network of ours.

    Args:
        network: The trained network, trunk and tail.
        folder: An existing folder.
        classes: Class names, in the order of the network's outputs.
        image_size: Height and width that images are resized to.
        resize: How images that are not square become so.
    """
    state = {key: value.cpu().contiguous() for key, value in network.module.state_dict().items()}
    metadata = {"mean": json.dumps(network.mean), "std": json.dumps(network.std)}
    metadata |= written_versions(network.module)
    safetensors.torch.save_file(state, folder / "network.safetensors", metadata)
    card = {
        "model": network.name,
        "head": network.head,
        "classes": list(classes),
        "image_size": image_size,
        "resize": resize,
        "mean": network.mean,
        "std": network.std,
        "builder": _builder(network),
    }
    (folder / "card.json").write_text(json.dumps(card, indent=2), encoding="utf-8")
    if card["builder"] is None:
        shutil.copyfile(minis.__file__, folder / "minis.py")


def _builder(network: Network) -> dict[str, Any] | None:
    """Return what torchvision builds the network with; None for a small one, which brings its own file."""
    if network.name in minis.MINIS:
        return None
    transforms = getattr(network.module, "transform_input", None)
    as_it_is = {} if transforms is None else {"transform_input": bool(transforms)}
    return builder_options(network.name, pretrained=True) | as_it_is


def requirements() -> list[str]:
    """Return the packages that a served network needs, at the versions that trained it."""
    return [f"{name}=={importlib.metadata.version(name).split('+')[0]}" for name in _NEEDED]
