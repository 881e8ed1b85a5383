"""Names in files of weights, and how they become those of a network."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import nn

from tracker.models.layer_versions import Versions

_PREFIXES = ("module.", "backbone.", "model.", "encoder.", "network.", "net.", "_orig_mod.")
# Torchvision's own DenseNet files were written before torch forbade dots in names of modules.
_OLD_DENSENET_KEY = re.compile(r"(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\..*)")


@dataclass(frozen=True)
class Renaming:
    """How a file's names become a network's.

    Attributes:
        prefixes: What wrappers left before names, outermost first.
        children: The network's children, if the file names layers by their place among them.
    """

    prefixes: tuple[str, ...] = ()
    children: tuple[str, ...] = ()

    @classmethod
    def between(cls, keys: Iterable[str], module: nn.Module) -> Renaming:
        """Return how the names in a file become those of a network.

        Args:
            keys: The names of the file's tensors.
            module: The network.
        """
        children = tuple(name for name, _ in module.named_children())
        names, prefixes = list(keys), list[str]()
        while (prefix := _shared_prefix(names, children)) is not None:
            names = [name.removeprefix(prefix) for name in names]
            prefixes.append(prefix)
        by_place = all(name.split(".")[0].isdecimal() for name in names) and "0" not in children
        return cls(tuple(prefixes), children if by_place else ())

    def name(self, key: str) -> str:
        """Return the network's name for a name in the file."""
        for prefix in self.prefixes:
            key = key.removeprefix(prefix)
        place, _, rest = key.partition(".")
        if place.isdecimal() and int(place) < len(self.children):
            key = f"{self.children[int(place)]}.{rest}"
        return _OLD_DENSENET_KEY.sub(r"\1\2", key)

    def versions(self, versions: Versions) -> dict[str, Any]:
        """Return the versions of a file's layers by the network's names; a wrapper's own are left out."""
        renamed = {self.name(f"{layer}.").removesuffix("."): versions[layer] for layer in versions if layer}
        if "" in versions and not self.prefixes:
            renamed[""] = versions[""]
        if self.children:
            # The whole is an `nn.Sequential`.
            renamed.pop("", None)
        return renamed


def _shared_prefix(names: list[str], children: tuple[str, ...]) -> str | None:
    """Return a wrapper's prefix that some names bear and no layer of the network does."""
    for prefix in _PREFIXES:
        if prefix[:-1] not in children and any(name.startswith(prefix) for name in names):
            return prefix
    return None
