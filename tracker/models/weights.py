"""Pretrained weights: torchvision's, or a file of the user's."""

from __future__ import annotations

import contextlib
import hashlib
import json
import pickle
import re
import socket
import struct
import sys
import urllib.error
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
import torchvision
from torch import Tensor, nn

from tracker.errors import ModelError

_CONNECT_TIMEOUT_S = 10.0
_PREFIXES = ("module.", "backbone.", "model.", "encoder.", "network.", "net.", "_orig_mod.")
_WRAPPERS = ("state_dict", "model_state_dict", "model", "net")
# Torchvision's own DenseNet files were written before torch forbade dots in names of modules.
_OLD_DENSENET_KEY = re.compile(r"(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\..*)")
_AUXILIARY_HEADS = ("aux1.", "aux2.", "AuxLogits.")
_SHOWN_KEYS = 6
# What readers raise when the bytes are not what they were when they were written.
_DAMAGE = (
    *(RuntimeError, OSError, EOFError, LookupError, ValueError, TypeError, AttributeError, AssertionError),
    *(struct.error, safetensors.SafetensorError),
)

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Pretrained:
    """What weights say of the images that they were trained on: channel means and deviations, 0 to 1."""

    mean: Triple
    std: Triple


IMAGENET = Pretrained((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def load_weights(module: nn.Module, name: str, weights: str, *, head: str) -> Pretrained:
    """Load weights into every layer of a network but the last.

    Args:
        module: The network.
        name: Torchvision's name of it.
        weights: imagenet, none or a file.
        head: The name of the last layer.

    Returns:
        How images are normalised for these weights.

    Raises:
        ModelError: If they cannot be had, are damaged or do not fit.
    """
    if weights == "none":
        return IMAGENET
    if weights != "imagenet":
        return load_file(module, _existing(weights), head=head, default=IMAGENET)
    official = _imagenet_weights(name)
    transforms = official.transforms()
    trained_on = Pretrained(tuple(transforms.mean), tuple(transforms.std))
    return load_file(module, _fetch(name, official.url), head=head, default=trained_on)


def is_file(weights: str) -> bool:
    """Say whether weights are a file of the user's."""
    return weights not in {"imagenet", "none"}


def prepare_weights(name: str, weights: str) -> None:
    """Fetch the weights of a network if they are not on this machine, before any work begins.

    Args:
        name: Torchvision's name of the network.
        weights: imagenet, none or a file.

    Raises:
        ModelError: If they cannot be fetched, or there is no such file.
    """
    if weights == "imagenet":
        _fetch(name, _imagenet_weights(name).url)
    elif weights != "none":
        _existing(weights)


def weights_digest(weights: str) -> str:
    """Return the SHA-256 of a file of weights, or nothing for weights that have a name."""
    if not is_file(weights):
        return ""
    with _existing(weights).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _existing(weights: str) -> Path:
    path = Path(weights).expanduser()
    if not path.is_file():
        raise ModelError(
            "--weights must be imagenet, none or a file", but=f"there is no file {path}", do="Check the path."
        )
    return path


def _fetch(name: str, url: str) -> Path:
    """Return where torch keeps a file of weights, fetched now if it is not there."""
    target = Path(torch.hub.get_dir()) / "checkpoints" / Path(url).name
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        # The file's name ends in the first digits of its own SHA-256.
        digits = re.search(r"-([a-f0-9]+)\.", target.name)
        try:
            with _bounded_connections():
                torch.hub.download_url_to_file(
                    url, str(target), digits and digits.group(1), progress=sys.stderr.isatty()
                )
        except (urllib.error.URLError, OSError, RuntimeError) as error:
            raise _not_downloaded(name, url, target, error) from None
    return target


def _imagenet_weights(name: str) -> Any:
    members = torchvision.models.get_model_weights(name)
    # The few that have no V1 have weights that were trained otherwise, first a linear layer on frozen ones.
    names = ("IMAGENET1K_V1", "IMAGENET1K_SWAG_LINEAR_V1")
    return next((members[name] for name in names if name in members.__members__), members.DEFAULT)


@contextlib.contextmanager
def _bounded_connections() -> Iterator[None]:
    """Let no connection hang: torch.hub sets no time-out, and a firewall may swallow every packet."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_CONNECT_TIMEOUT_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _not_downloaded(name: str, url: str, target: Path, error: Exception) -> ModelError:
    reason = getattr(error, "reason", None) or error
    return ModelError(
        f"the ImageNet weights of {name} must be on this machine or downloadable",
        but=f"{url} cannot be fetched ({reason})",
        do=f"Download that address elsewhere and put the file at {target} (TORCH_HOME moves that folder), "
        "or name it with --weights FILE; --weights none trains without.",
    )


def _damaged(path: Path, error: Exception) -> ModelError:
    first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return ModelError(
        "a file of weights must hold the whole state dict of the network",
        but=f"{path} does not ({first_line})",
        do="Delete it and get it again.",
    )


def load_file(module: nn.Module, path: Path, *, head: str, default: Pretrained) -> Pretrained:
    """Load a state dict into every layer of `module` but the last.

    Prefixes that training wrappers leave on names are taken off, and layers that are named by their place
    (as in RadImageNet's files, which hold an `nn.Sequential` of the network's children) are found.

    Args:
        module: The network; its weights are replaced.
        path: A .pth or .pt file (read with `weights_only=True`) or a .safetensors file.
        head: The name of the last layer, whose weights in the file are ignored.
        default: What holds if the file does not say how its images were normalised.

    Returns:
        How images are normalised for these weights.

    Raises:
        ModelError: If the file cannot be read or does not fit; keys that differ are listed.
    """
    state, metadata = _read(path)
    state = _renamed(state, module)
    expected = {key: value for key, value in module.state_dict().items() if not key.startswith(f"{head}.")}
    found = {
        key: value for key, value in state.items() if not key.startswith((f"{head}.", *_AUXILIARY_HEADS))
    }
    problems = _differences(expected, found)
    if problems:
        raise ModelError(
            "a file of weights must fit the network",
            but=f"{path} does not ({len(problems)} keys differ)",
            do="Check --model and --weights.",
            details=problems[:_SHOWN_KEYS] + (["..."] if len(problems) > _SHOWN_KEYS else []),
        )
    module.load_state_dict(found, strict=False)
    return _normalisation(metadata, default)


def _read(path: Path) -> tuple[dict[str, Tensor], Mapping[str, str]]:
    try:
        if path.suffix == ".safetensors":
            with safetensors.safe_open(path, framework="pt") as file:
                return safetensors.torch.load_file(path), file.metadata() or {}
        with warnings.catch_warnings():
            # Of old pickle protocols and the like; what cannot be read raises.
            warnings.simplefilter("ignore")
            return _state_dict(torch.load(path, map_location="cpu", weights_only=True), path), {}
    except pickle.UnpicklingError:
        raise ModelError(
            "a .pth file must hold tensors only, so that reading it cannot run code",
            but=f"{path} holds other objects, or is no such file",
            do="Save model.state_dict(), best as .safetensors.",
        ) from None
    except _DAMAGE as error:
        raise _damaged(path, error) from None


def _state_dict(content: object, path: Path) -> dict[str, Tensor]:
    while isinstance(content, Mapping):
        inner = next((content[key] for key in _WRAPPERS if isinstance(content.get(key), Mapping)), None)
        if inner is None:
            return {str(key): value for key, value in content.items() if isinstance(value, Tensor)}
        content = inner
    raise ModelError(
        "a .pth file must hold a state dict",
        but=f"{path} holds a {type(content).__name__}",
        do="Save model.state_dict().",
    )


def _renamed(state: Mapping[str, Tensor], module: nn.Module) -> dict[str, Tensor]:
    """Give the file's tensors the names that the network has for them."""
    children = [name for name, _ in module.named_children()]
    names = {key: key for key in state}
    while (prefix := _shared_prefix(list(names.values()), children)) is not None:
        names = {key: name.removeprefix(prefix) for key, name in names.items()}
    if all(name.split(".")[0].isdecimal() for name in names.values()) and "0" not in children:
        names = {key: _by_place(name, children) for key, name in names.items()}
    return {_OLD_DENSENET_KEY.sub(r"\1\2", name): state[key] for key, name in names.items()}


def _shared_prefix(names: list[str], children: list[str]) -> str | None:
    """Return a wrapper's prefix that some names bear and no layer of the network does."""
    for prefix in _PREFIXES:
        if prefix[:-1] not in children and any(name.startswith(prefix) for name in names):
            return prefix
    return None


def _by_place(name: str, children: list[str]) -> str:
    place, _, rest = name.partition(".")
    return f"{children[int(place)]}.{rest}" if int(place) < len(children) else name


def _differences(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> list[str]:
    # Files older than torch 0.4.1 do not count batches; nothing that we compute depends on that count.
    missing = [key for key in expected if key not in found and not key.endswith("num_batches_tracked")]
    shapes = [
        f"{key}: {list(found[key].shape)} in the file, {list(value.shape)} in the network"
        for key, value in expected.items()
        if key in found and found[key].shape != value.shape
    ]
    unknown = [f"{key}: not in the network" for key in found if key not in expected]
    return shapes + unknown + [f"{key}: missing in the file" for key in missing]


def _normalisation(metadata: Mapping[str, str], default: Pretrained) -> Pretrained:
    if "mean" not in metadata or "std" not in metadata:
        return default
    return Pretrained(_triple(metadata["mean"]), _triple(metadata["std"]))


def _triple(text: str) -> Triple:
    red, green, blue = json.loads(text)
    return float(red), float(green), float(blue)
