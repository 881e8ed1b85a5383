"""Where work executes: one file each with an `ENGINE` in it, named as the file, with hyphens.

It knows how workers are started and ended, and nothing of the work.
"""

from __future__ import annotations

import importlib
import pkgutil

from tracker.engines.engine import Engine
from tracker.errors import UsageError

__all__ = ["Engine", "engine_names", "find_engine"]
_NO_ENGINE = "engine"


def engine_names() -> list[str]:
    """Return the names of all engines; none is imported."""
    files = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return [name.replace("_", "-") for name in files if name != _NO_ENGINE]


def find_engine(name: str) -> Engine:
    """Look up an engine; no other one is imported.

    Args:
        name: What `--engine` says.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in engine_names():
        raise UsageError(
            f"--engine must be one of {', '.join(engine_names())}",
            but=f"it is {name!r}",
            do="Name one of them.",
        )
    engine: Engine = importlib.import_module(f"{__name__}.{name.replace('-', '_')}").ENGINE
    return engine
