"""Feature extractor or fine-tuning? Train both, keep every number in MLflow, compare them fairly.

    import tracker

    tracker.run(dataset="phantom")
    tracker.compare("phantom")

The public API is what `__all__` names. It is loaded when it is first used: `import tracker` costs nothing.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracker.api import compare, evaluate, explain, load_runs, predict, register, run, serve, tune
    from tracker.config.options import RunOptions
    from tracker.config.recipe import Recipe
    from tracker.errors import TrackerError

__version__ = "0.1.0"
__all__ = [
    "Recipe",
    "RunOptions",
    "TrackerError",
    "compare",
    "evaluate",
    "explain",
    "load_runs",
    "predict",
    "register",
    "run",
    "serve",
    "tune",
]

_HOMES = {
    "Recipe": "tracker.config.recipe",
    "RunOptions": "tracker.config.options",
    "TrackerError": "tracker.errors",
    **dict.fromkeys(
        ("compare", "evaluate", "explain", "load_runs", "predict", "register", "run", "serve", "tune"),
        "tracker.api",
    ),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


class _Package(ModuleType):
    """Keeps `tracker.compare` the function: to import the folder of that name would put it in its place."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
