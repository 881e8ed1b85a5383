"""Write a trained network, and what reads images for it, to a folder from which it can be loaded anywhere."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import safetensors.torch

from tracker.config.recipe import Resize
from tracker.data import decoding
from tracker.models import minis
from tracker.models.layer_versions import written_versions
from tracker.models.networks import Network, builder_options

LOADER = Path(__file__).with_name("served_network.py")
_NEEDED = ("torch", "torchvision", "safetensors", "pillow", "numpy", "pandas")


def export_network(
    network: Network, folder: Path, *, classes: Sequence[str], image_size: int, resize: Resize
) -> None:
    """Write `network.safetensors`, `card.json` and `decoding/` into a folder, and what builds our networks.

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
    # Not `save_file`: a full disk would be an error of its own kind, which nobody expects.
    (folder / "network.safetensors").write_bytes(safetensors.torch.save(state, metadata))
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
    _copy_python(Path(decoding.__file__).parent, folder / "decoding")
    if card["builder"] is None:
        (folder / "minis.py").write_bytes(Path(minis.__file__).read_bytes())


def _copy_python(package: Path, to: Path) -> None:
    """Copy a package without rights and times, which not every disk knows."""
    for file in package.rglob("*"):
        copy = to / file.relative_to(package)
        if file.is_file() and "__pycache__" not in file.parts:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())


def _builder(network: Network) -> dict[str, Any] | None:
    """Return what torchvision builds the network with; None for a small one, which brings its own file."""
    if network.name in minis.MINIS:
        return None
    transforms = getattr(network.module, "transform_input", None)
    as_it_is = {} if transforms is None else {"transform_input": bool(transforms)}
    return builder_options(network.name, pretrained=True) | as_it_is


def copy_loader(folder: Path) -> Path:
    """Copy what loads a network into a folder, and return where it is.

    Its name is that of its content: a program that loads networks of two versions of tracker has two modules.

    Args:
        folder: An existing folder.
    """
    content = LOADER.read_bytes()
    copy = folder / f"{LOADER.stem}_{hashlib.sha256(content).hexdigest()[:8]}.py"
    copy.write_bytes(content)
    return copy


def requirements() -> list[str]:
    """Return the packages that a served network needs, at the versions that trained it."""
    return [f"{name}=={importlib.metadata.version(name).split('+')[0]}" for name in _NEEDED]
