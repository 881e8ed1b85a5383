"""Files of weights: read without running their code, and fitted to a network."""

from __future__ import annotations

import json
import pickle
import re
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from tracker.errors import ModelError

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


def load_file(module: nn.Module, path: Path, *, head: str, default: Pretrained) -> Pretrained:
    """Load a state dict into every layer of `module` but the last.

    Prefixes that training wrappers leave on names are taken off, and layers that are named by their place
    (as in RadImageNet's files, which hold an `nn.Sequential` of the network's children) are found.

    Args:
        module: The network; its weights are replaced.
        path: A .pth or .pt file (read with `weights_only=True`) or a .safetensors file.
        head: The name of the last layer, whose weights in the file are ignored.
        default: What holds if the file does not say how its images were normalized.

    Returns:
        How images are normalized for these weights.

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
    return _normalization(metadata, default)


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


def _damaged(path: Path, error: Exception) -> ModelError:
    first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return ModelError(
        "a file of weights must hold the whole state dict of the network",
        but=f"{path} does not ({first_line})",
        do="Delete it and get it again.",
    )


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
    """Rename a file's tensors to the network's names."""
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


def _normalization(metadata: Mapping[str, str], default: Pretrained) -> Pretrained:
    if "mean" not in metadata or "std" not in metadata:
        return default
    return Pretrained(_triple(metadata["mean"]), _triple(metadata["std"]))


def _triple(text: str) -> Triple:
    red, green, blue = json.loads(text)
    return float(red), float(green), float(blue)
