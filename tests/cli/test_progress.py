"""The live line of a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from tracker.cli.progress import LiveObserver
from tracker.search.records import StudyProgress, TrialRecord


@pytest.mark.parametrize(("value", "shown"), [(0.0, "best 0 (lr 0.01)"), (0.25, "best 0.25 (lr 0.01)")])
def test_the_best_value_is_shown_whatever_it_is(value: float, shown: str) -> None:
    said = io.StringIO()
    best = TrialRecord(
        number=0, state="complete", value=value, params={"lr": 0.01}, duration=1.0, attributes={}
    )
    progress = StudyProgress(
        budget=4, complete=1, pruned=0, running=1, waiting=0, failed=0, others=0, best=best
    )
    with LiveObserver(Console(file=said, force_terminal=True, width=100)) as reporter:
        reporter.study_started(("alexnet", "fine-tuning"), 1, 1)
        reporter.trials(progress)
    assert shown in said.getvalue()
