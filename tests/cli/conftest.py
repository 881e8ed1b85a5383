"""The command line as a user meets it: a folder, images in it, and what is printed."""

from __future__ import annotations

from tests.support.earlier_version import deep_colors
from tests.support.recorded import database, experiment
from tests.support.workplace import argv_stays, shared_cache, study, tracker, workplace

__all__ = [
    "argv_stays",
    "database",
    "deep_colors",
    "experiment",
    "shared_cache",
    "study",
    "tracker",
    "workplace",
]
