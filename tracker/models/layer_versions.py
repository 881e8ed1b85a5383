"""Versions of layers, by which torch knows how to read states that older ones left.

A state dict bears them as its attribute `_metadata`, which a copy and a .safetensors file lose; without it,
some layers take a state for an old one and others refuse it.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

Versions = Mapping[str, Mapping[str, Any]]
"""What torch notes of each layer, by its dotted name; the empty name is the whole network."""

_KEY = "layer_versions"


def versions_of(state: object) -> Versions | None:
    """Return the versions that a state dict bears; None where it bears none.

    Args:
        state: What `state_dict` returned, or what became of it.
    """
    versions = getattr(state, "_metadata", None)
    return versions if isinstance(versions, Mapping) else None


def current_versions(module: nn.Module) -> Versions:
    """Return the versions that a network's layers have in this version of torch.

    Args:
        module: The network.
    """
    return {
        name: {"version": type(layer)._version}
        for name, layer in module.named_modules(remove_duplicate=False)
    }


def with_versions(state: Mapping[str, Tensor], versions: Versions) -> Mapping[str, Tensor]:
    """Return a state dict that bears versions.

    Args:
        state: Tensors by name.
        versions: What its layers were when it was made.
    """
    bearing = OrderedDict(state)
    # The place where torch itself looks for them.
    bearing._metadata = {name: dict(layer) for name, layer in versions.items()}  # type: ignore[attr-defined]
    return bearing


def restore_state(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Load the state of a network that was built as this one was: nothing in it is old.

    Args:
        module: The network.
        state: What its `state_dict` was.

    Raises:
        RuntimeError: If it does not fit.
    """
    module.load_state_dict(with_versions(state, current_versions(module)))


def written_versions(module: nn.Module) -> dict[str, str]:
    """Return the versions of a network's layers as metadata of a .safetensors file.

    Args:
        module: The network.
    """
    return {_KEY: json.dumps(versions_of(module.state_dict()) or {})}


def read_versions(metadata: Mapping[str, str]) -> Versions | None:
    """Return what `written_versions` wrote; None where a file does not have it.

    Args:
        metadata: What a .safetensors file says beside its tensors.
    """
    try:
        versions = json.loads(metadata.get(_KEY, "null"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(versions, dict) or not all(isinstance(layer, dict) for layer in versions.values()):
        return None
    return versions
