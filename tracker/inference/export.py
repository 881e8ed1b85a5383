"""The files of a trained network, and of what reads images for it: it can be loaded from them anywhere."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import safetensors.torch

from tracker.compare.operating_point import OperatingPoint
from tracker.config.recipe import Precision, Resize
from tracker.data import decoding
from tracker.models import minis
from tracker.models.layer_versions import written_versions
from tracker.models.networks import Network, builder_options

CARD_VERSION = 2
"""What `card.json` holds; the first, which did not say its version, had nothing from `mode` on."""

LOADER = Path(__file__).with_name("served_network.py")
_NEEDED = ("torch", "torchvision", "safetensors", "pillow", "numpy", "pandas", "pydicom")


def network_files(
    network: Network,
    *,
    classes: Sequence[str],
    image_size: int,
    resize: Resize,
    mode: str | None = None,
    precision: Precision | None = None,
    point: OperatingPoint | None = None,
) -> dict[str, bytes]:
    """Return `network.safetensors`, `card.json`, `decoding/`, and what builds our networks, by their paths.

    Args:
        network: The trained network, trunk and tail.
        classes: Class names, in the order of the network's outputs.
        image_size: Height and width that images are resized to.
        resize: How images that are not square become so.
        mode: How it was trained; None: it is not known.
        precision: In which numbers it was trained and measured; None: it is not known.
        point: Where it is to be used, as the validation images chose it; None: it is not known.
    """
    point = point or OperatingPoint()
    state = {key: value.cpu().contiguous() for key, value in network.module.state_dict().items()}
    metadata = {"mean": json.dumps(network.mean), "std": json.dumps(network.std)}
    metadata |= written_versions(network.module)
    weights = safetensors.torch.save(state, metadata)
    card = {
        "version": CARD_VERSION,
        "model": network.name,
        "head": network.head,
        "classes": list(classes),
        "image_size": image_size,
        "resize": resize,
        "mean": network.mean,
        "std": network.std,
        "builder": _builder(network),
        "mode": mode,
        "precision": precision,
        "positive": point.positive,
        "threshold": point.threshold,
        "temperature": point.temperature,
        "decoder": decoding.decoder_identity(),
        "sha256": hashlib.sha256(weights).hexdigest(),
    }
    files = {
        "network.safetensors": weights,
        "card.json": json.dumps(card, indent=2).encode(),
        **_python_files(Path(decoding.__file__).parent, "decoding"),
    }
    return files if card["builder"] is not None else files | {"minis.py": Path(minis.__file__).read_bytes()}


def _python_files(package: Path, folder: str) -> dict[str, bytes]:
    return {
        f"{folder}/{file.relative_to(package).as_posix()}": file.read_bytes()
        for file in sorted(package.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


def _builder(network: Network) -> dict[str, Any] | None:
    """Return what torchvision builds the network with; None for a small one, which brings its own file."""
    if network.name in minis.MINIS:
        return None
    transforms = getattr(network.module, "transform_input", None)
    as_it_is = {} if transforms is None else {"transform_input": bool(transforms)}
    return builder_options(network.name, pretrained=True) | as_it_is


def named_loader() -> tuple[str, bytes]:
    """Return the name and the content of the file that loads a network.

    Its name is that of its content: a program that loads networks of two versions of tracker has two modules.
    """
    content = LOADER.read_bytes()
    return f"{LOADER.stem}_{hashlib.sha256(content).hexdigest()[:8]}.py", content


def requirements() -> list[str]:
    """Return the packages that a served network needs, at the versions that trained it."""
    return [f"{name}=={importlib.metadata.version(name).split('+')[0]}" for name in _NEEDED]
