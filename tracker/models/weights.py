"""Pretrained weights: torchvision's, those that come with the small networks, or a file of the user's."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import nn

from tracker.config.recipe import WEIGHTS
from tracker.errors import DataError, ModelError
from tracker.io.download import DownloadError, download
from tracker.io.locks import exclusive
from tracker.io.progress import silent
from tracker.models.minis import MINIS
from tracker.models.state_file import Pretrained, load_file

BUNDLED = Path(__file__).with_name("bundled")

IMAGENET = Pretrained((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def load_weights(module: nn.Module, name: str, weights: str, *, head: str) -> Pretrained:
    """Load weights into every layer of a network but the last.

    Args:
        module: The network.
        name: Its name.
        weights: imagenet, bundled, none or a file.
        head: The name of the last layer.

    Returns:
        How images are normalized for these weights.

    Raises:
        ModelError: If they cannot be had, are damaged or do not fit.
    """
    if weights == "none":
        return IMAGENET
    if weights == "bundled":
        return load_file(module, _bundled(name), head=head, default=IMAGENET)
    if weights != "imagenet":
        return load_file(module, _existing(weights), head=head, default=IMAGENET)
    official = _imagenet_weights(name)
    transforms = official.transforms()
    trained_on = Pretrained(tuple(transforms.mean), tuple(transforms.std))
    return load_file(module, _fetch(name), head=head, default=trained_on)


def is_file(weights: str) -> bool:
    """Return whether weights are a file of the user's."""
    return weights not in WEIGHTS


def bundled_names() -> list[str]:
    """Return the names of the networks whose weights come with this package."""
    return sorted(file.stem for file in BUNDLED.glob("*.safetensors"))


def imagenet_file(name: str) -> tuple[str, Path]:
    """Return where the ImageNet weights of a network come from, and where torch keeps them.

    Args:
        name: Torchvision's name of the network.

    Returns:
        An address, and a file that need not be there.
    """
    url = str(_imagenet_weights(name).url)
    return url, Path(torch.hub.get_dir()) / "checkpoints" / Path(url).name


def prepare_weights(name: str, weights: str) -> None:
    """Fetch the weights of a network if they are not on this machine, before any work begins.

    Args:
        name: The network's name.
        weights: imagenet, bundled, none or a file.

    Raises:
        ModelError: If they cannot be fetched, or there is no such file.
    """
    if weights == "imagenet":
        _fetch(name)
    elif weights == "bundled":
        _bundled(name)
    elif weights != "none":
        _existing(weights)


def weights_digest(weights: str) -> str:
    """Return the SHA-256 of weights that a name does not identify; nothing for ImageNet's and for none."""
    if weights == "bundled":
        # They can be others in another version of this package.
        return _digest_of_all(sorted(BUNDLED.glob("*.safetensors")))
    if not is_file(weights):
        return ""
    with _existing(weights).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_of_all(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _bundled(name: str) -> Path:
    file = BUNDLED / f"{name}.safetensors"
    if not file.is_file():
        raise ModelError(
            "a network must bring weights for --weights bundled",
            but=f"{name} brings none",
            do=f"Those that do: {', '.join(bundled_names())}. For others: --weights imagenet.",
        )
    return file


def _existing(weights: str) -> Path:
    path = Path(weights).expanduser()
    if not path.is_file():
        raise ModelError(
            "--weights must be imagenet, bundled, none or a file",
            but=f"there is no file {path}",
            do="Check the path.",
        )
    return path


def _fetch(name: str) -> Path:
    """Return where torch keeps the ImageNet weights of a network, fetched now if they are not there."""
    url, target = imagenet_file(name)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with exclusive(target.with_name(f".{target.name}.lock")):
                _download(url, target)
        except DataError as error:
            must, but, *_ = error.args
            raise ModelError(
                must, but=but, do="Make room, or set TORCH_HOME to a folder on a larger disk."
            ) from None
        except (DownloadError, OSError) as error:
            raise _not_downloaded(name, url, target, error) from None
    return target


def _download(url: str, target: Path) -> None:
    if target.exists():
        # Another process fetched them while this one waited.
        return
    # The file's name ends in the first digits of its own SHA-256.
    digits = re.search(r"-([a-f0-9]+)\.", target.name)
    progress = _tell_terminal if sys.stderr.isatty() else silent
    download(url, target, progress, sha256_prefix=digits.group(1) if digits else "")


def _tell_terminal(done: int, total: int, what: str) -> None:
    end = "\n" if done == total else ""
    sys.stderr.write(f"\r{done / 1e6:,.0f} of {total / 1e6:,.0f} million {what}{end}")
    sys.stderr.flush()


def _imagenet_weights(name: str) -> Any:
    if name in MINIS:
        raise ModelError(
            "--weights imagenet must be asked for networks of torchvision",
            but=f"{name} is none, and was never trained on ImageNet",
            do="Use --weights bundled for it.",
        )
    members = torchvision.models.get_model_weights(name)
    # The few that have no V1 have weights that were trained otherwise, first a linear layer on frozen ones.
    names = ("IMAGENET1K_V1", "IMAGENET1K_SWAG_LINEAR_V1")
    return next((members[name] for name in names if name in members.__members__), members.DEFAULT)


def _not_downloaded(name: str, url: str, target: Path, error: Exception) -> ModelError:
    reason = getattr(error.__cause__, "reason", None) or error
    return ModelError(
        f"the ImageNet weights of {name} must be on this machine or downloadable",
        but=f"{url} cannot be fetched ({reason})",
        do=f"Download that address elsewhere and put the file at {target} (TORCH_HOME moves that folder), "
        "or name it with --weights FILE; --weights none trains without; --model mini-resnet brings its own.",
    )
