"""Every data set that `--dataset` knows. The next one: a small file here, and one line below."""

from __future__ import annotations

import difflib

from tracker.data.sources.csv_table import CSV
from tracker.data.sources.folder import FOLDER
from tracker.data.sources.montgomery import MONTGOMERY
from tracker.data.sources.phantom import PHANTOM
from tracker.data.sources.source import Source, SourceImage
from tracker.data.sources.tb_xray import TB_XRAY
from tracker.errors import UsageError

__all__ = ["SOURCES", "Source", "SourceImage", "find_source"]

SOURCES: dict[str, Source] = {source.name: source for source in (TB_XRAY, MONTGOMERY, PHANTOM, FOLDER, CSV)}


def find_source(name: str) -> Source:
    """Look up a data set.

    Args:
        name: What `--dataset` says.

    Raises:
        UsageError: There is none of that name; names the nearest and all.
    """
    if name in SOURCES:
        return SOURCES[name]
    near = difflib.get_close_matches(name, SOURCES, n=1, cutoff=0.5)
    raise UsageError(
        f"--dataset must be one of {', '.join(SOURCES)}",
        but=f"it is {name!r}",
        do=f"Did you mean {near[0]}?" if near else "For images of your own: --dataset folder --data PATH.",
    )
