"""Every data set that `--dataset` knows: one file each with a `SOURCE` in it, found by being here.

It knows where images lie and what is said of them, and nothing of what is in them.
"""

from __future__ import annotations

import difflib
import importlib
import os
import pkgutil
import shlex
from pathlib import Path

from tracker.data.sources.source import Source, SourceImage
from tracker.errors import UsageError

__all__ = ["SOURCES", "Source", "SourceImage", "discover", "find_source"]


def discover() -> dict[str, Source]:
    """Collect the `SOURCE` of every module in this folder, by name, in the order of their ranks."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    sources: list[Source] = [module.SOURCE for module in modules if hasattr(module, "SOURCE")]
    return {source.name: source for source in sorted(sources, key=lambda one: (one.rank, one.name))}


SOURCES = discover()


def find_source(name: str) -> Source:
    """Look up a data set.

    Args:
        name: What `--dataset` says.

    Raises:
        UsageError: There is none of that name; names the nearest and all.
    """
    if name in SOURCES:
        return SOURCES[name]
    place = Path(name)
    if place.suffix.lower() in (".csv", ".tsv") or "/" in name or os.path.isdir(name):  # noqa: PTH112
        kind = "csv" if place.suffix else "folder"
        raise UsageError(
            f"--dataset must be one of {', '.join(SOURCES)}",
            but=f"it is {name!r}, a place of images",
            do=f"Type: --data {shlex.quote(name)} (or --dataset {kind} --data {shlex.quote(name)}).",
        )
    near = difflib.get_close_matches(name, SOURCES, n=1, cutoff=0.5)
    raise UsageError(
        f"--dataset must be one of {', '.join(SOURCES)}",
        but=f"it is {name!r}",
        do=f"Did you mean {near[0]}?" if near else "For images of your own: --dataset folder --data PATH.",
    )
