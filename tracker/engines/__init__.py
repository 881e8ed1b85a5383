"""Where work executes: one file each with an `ENGINE` in it, found by being here.

It knows how workers are started and ended, and nothing of the work.
"""

from __future__ import annotations

import importlib
import pkgutil

from tracker.engines.engine import Engine
from tracker.errors import UsageError

__all__ = ["Engine", "find_engine"]


def find_engine(name: str) -> Engine:
    """Look up an engine.

    Args:
        name: What `--engine` says.

    Raises:
        UsageError: There is none of that name.
    """
    modules = [
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    engines: dict[str, Engine] = {
        module.ENGINE.name: module.ENGINE for module in modules if hasattr(module, "ENGINE")
    }
    if name not in engines:
        raise UsageError(
            f"--engine must be one of {', '.join(sorted(engines))}",
            but=f"it is {name!r}",
            do="Name one of them.",
        )
    return engines[name]
