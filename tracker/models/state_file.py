"""Files of weights, fitted to a network."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor, nn

from tracker.errors import ModelError
from tracker.models.layer_versions import Versions, current_versions, with_versions
from tracker.models.normalization import Pretrained, normalization_of
from tracker.models.state_checks import check_values
from tracker.models.state_names import Renaming
from tracker.models.state_reading import StateFile, read_state

_AUXILIARY_HEADS = ("aux1.", "aux2.", "AuxLogits.")
# Files older than torch 0.4.1 do not have it; nothing that we compute depends on it.
_COUNTER = "num_batches_tracked"
_SHOWN_KEYS = 6


def load_file(module: nn.Module, path: Path, *, head: str, default: Pretrained) -> Pretrained:
    """Load a state dict into every layer of `module` but the last.

    Prefixes that training wrappers leave on names are taken off, and layers that are named by their place
    (as in RadImageNet's files, which hold an `nn.Sequential` of the network's children) are found. States of
    older versions of a layer are brought to the present one by the layer itself.

    Args:
        module: The network; its weights are replaced.
        path: A .pth or .pt file (read with `weights_only=True`) or a .safetensors file.
        head: The name of the last layer, whose weights in the file are ignored.
        default: What holds if the file does not say how its images were normalized.

    Returns:
        How images are normalized for these weights.

    Raises:
        ModelError: If the file cannot be read or does not fit (keys that differ are listed), or if its
            numbers cannot be weights.
    """
    file = read_state(path)
    pretrained = normalization_of(file.metadata, default, path)
    problems = _fit(module, file, path, head)
    if problems:
        raise ModelError(
            "a file of weights must fit the network",
            but=f"{path} does not ({len(problems)} keys differ)",
            do="Check --model and --weights.",
            details=problems[:_SHOWN_KEYS] + (["..."] if len(problems) > _SHOWN_KEYS else []),
        )
    return pretrained


def _fit(module: nn.Module, file: StateFile, path: Path, head: str) -> list[str]:
    """Load what a file holds, and return what does not fit."""
    renaming = Renaming.between(file.tensors, module)
    ignored = (f"{head}.", *_AUXILIARY_HEADS)
    names = {key: name for key in file.tensors if not (name := renaming.name(key)).startswith(ignored)}
    if twice := [name for name, count in Counter(names.values()).items() if count > 1]:
        return [f"{name}: twice in the file" for name in twice]
    state = {name: file.tensors[key] for key, name in names.items()}
    check_values(state, module, path)
    current = current_versions(module)
    if file.versions is not None:
        return _load(module, state, {**current, **renaming.versions(file.versions)}, head)
    problems = _load(module, state, current, head)
    if not problems:
        return []
    # A file that does not say how old its layers are may be older than these. Of the whole network that
    # cannot be asked: MNASNet refuses.
    return min(problems, _load(module, state, {"": current[""]}, head), key=len)


def _load(module: nn.Module, state: Mapping[str, Tensor], versions: Versions, head: str) -> list[str]:
    """Load what fits, and return what does not."""
    refused = ""
    with warnings.catch_warnings():
        # That a state is old is no matter: it is brought to the present version.
        warnings.simplefilter("ignore")
        try:
            missing, unknown = module.load_state_dict(with_versions(state, versions), strict=False)
        except (RuntimeError, ValueError) as error:
            # Of shapes, mostly, and all else is loaded.
            refused = str(error).strip().splitlines()[-1].strip()
            missing, unknown = _differing(list(module.state_dict()), list(state))
    shapes = _shapes(module.state_dict(), state)
    found = [
        *shapes,
        *(f"{key}: not in the network" for key in unknown),
        *(
            f"{key}: missing in the file"
            for key in missing
            if not key.startswith(f"{head}.") and not key.endswith(_COUNTER)
        ),
    ]
    return found or ([refused] if refused else [])


def _differing(expected: Sequence[str], found: Sequence[str]) -> tuple[list[str], list[str]]:
    return [key for key in expected if key not in found], [key for key in found if key not in expected]


def _shapes(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> list[str]:
    return [
        f"{key}: {list(value.shape)} in the file, {list(expected[key].shape)} in the network"
        for key, value in found.items()
        if key in expected and expected[key].shape != value.shape
    ]
