"""The command line in an empty folder, with all weights there."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.support.installation import Checked, Installation, Tracker, results_of
from tests.support.workplace import argv_stays, shared_cache, tracker, workplace

__all__ = ["argv_stays", "shared_cache", "tracker", "workplace"]


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    return Installation.make(tmp_path, monkeypatch)


@pytest.fixture
def checked(tracker: Tracker) -> Checked:
    return partial(results_of, tracker)
