"""Runs as MLflow would give them back, and the statistics that expected texts were written with."""

from __future__ import annotations

import pytest

from tests.support.answered import answered
from tests.support.records import make_predictions, make_run, make_study, reference_runs
from tracker.compare import cell_statistics

__all__ = ["answered", "make_predictions", "make_run", "make_study", "reference_runs"]


@pytest.fixture(autouse=True)
def statistics_of_the_expected_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more statistic is one more number in every cell, and no reason to write all texts again."""
    pinned = tuple(one for one in cell_statistics.STATISTICS if one.name == "sd")
    assert len(pinned) == 1
    monkeypatch.setattr(cell_statistics, "STATISTICS", pinned)
