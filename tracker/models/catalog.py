"""The names of the networks, read without importing torch: for lists, and for shells that complete them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from tracker.config.options import MINI_NETWORKS

BUNDLED = Path(__file__).with_name("bundled")
"""The folder of the weights that come with this package."""

_BUILDER = re.compile(r"^@register_model\(\)$.*?^def (\w+)\(", re.MULTILINE | re.DOTALL)


def network_names() -> list[str]:
    """Return the names that `networks.network_names` has: the small ones, and torchvision's, sorted.

    Torchvision registers its builders by a decorator in the modules of `torchvision.models`.
    """
    return [*MINI_NETWORKS, *sorted(_torchvision_names())]


def bundled_files() -> list[Path]:
    """Return the files of weights that come with this package, sorted."""
    return sorted(BUNDLED.glob("*.safetensors"))


def bundled_names() -> list[str]:
    """Return the names of the networks whose weights come with this package."""
    return [file.stem for file in bundled_files()]


def _torchvision_names() -> list[str]:
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None:
        return []
    files = sorted((Path(found.origin).parent / "models").glob("*.py"))
    return [name for file in files for name in _BUILDER.findall(file.read_text(encoding="utf-8"))]
