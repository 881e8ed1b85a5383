"""The name of the experiment that a user names not: that of the folder or file of the images."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from tracker.config.home import expanded

OWN_IMAGES = ("folder", "csv")
"""Data sets of users' own images: their names would say nothing."""

_MLFLOWS_OWN = "Default"
_LONGEST = 100
# What MLflow's databases hold, in letters; PostgreSQL refuses more.
_MOST_LETTERS = 256
_NO_TEXT = ("Cc", "Cs")


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


def fault_of_name(name: str) -> str:
    """Say why MLflow cannot have an experiment of this name; empty where it can.

    Args:
        name: What `--experiment` says.
    """
    if len(name) > _MOST_LETTERS:
        return (
            f"a name has at most {_MOST_LETTERS} letters in MLflow's databases, and this one has {len(name)}"
        )
    if not name.strip():
        return "a name has letters, and not blanks alone"
    if strange := next((letter for letter in name if unicodedata.category(letter) in _NO_TEXT), ""):
        return f"a name is one line of text, and not one with {strange!a} in it"
    return ""
