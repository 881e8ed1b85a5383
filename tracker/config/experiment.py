"""The name of the experiment that a user names not: that of the folder or file of the images."""

from __future__ import annotations

import os
from pathlib import Path

from tracker.config.home import expanded

OWN_IMAGES = ("folder", "csv")
"""Data sets of users' own images: their names would say nothing."""

_MLFLOWS_OWN = "Default"
_LONGEST = 100


def own_name(dataset: str, data: Path | None) -> str:
    """Return the name of the experiment of a user's own images; empty for other data sets.

    Args:
        dataset: What `--dataset` says.
        data: What `--data` says.
    """
    if dataset not in OWN_IMAGES or data is None:
        return ""
    # Not resolved: a link has the name that its user gave it.
    place = Path(os.path.abspath(expanded(data)))  # noqa: PTH100
    name = place.stem if place.suffix.lower() in (".csv", ".tsv") else place.name
    readable = " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())
    if readable == _MLFLOWS_OWN:
        # MLflow makes one of this name itself, and it is left out of lists.
        return f"{readable} images"
    return readable[:_LONGEST]
