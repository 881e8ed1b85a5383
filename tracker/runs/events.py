"""How a study tells of itself: what a reporter is told, and how a run ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tracker.config.recipe import Recipe
from tracker.config.tuned import Tuned
from tracker.records import RunState
from tracker.search.records import Standing


class Reporter(Protocol):
    """Whoever is told how far the work is."""

    def progress(self, done: int, total: int, what: str) -> None:
        """Take how many items of a stage are done."""

    def run_started(self, recipe: Recipe, number: int, total: int) -> None:
        """Take that the run with this number (from 1) begins."""

    def resumed(self, recipe: Recipe, epoch: int) -> None:
        """Take that the run goes on after so many whole epochs."""

    def epoch(self, recipe: Recipe, epoch: int, values: Mapping[str, float]) -> None:
        """Take what an epoch measured."""

    def note(self, text: str) -> None:
        """Take what a user should know while the work goes on."""

    def run_ended(self, result: RunResult) -> None:
        """Take how a run ended."""


class StudyReporter(Protocol):
    """Whoever is told how far the studies of a plan are."""

    def progress(self, done: int, total: int, what: str) -> None:
        """Take how many items of a stage are done."""

    def study_started(self, arm: tuple[str, str], number: int, total: int) -> None:
        """Take that the study with this number (from 1) begins or goes on."""

    def trials(self, standing: Standing) -> None:
        """Take how far the study is."""

    def trial_epoch(self, trial: int, epoch: int, epochs: int) -> None:
        """Take that a trial has trained so many of its epochs."""

    def study_ended(self, arm: tuple[str, str], tuned: Tuned) -> None:
        """Take what the study found."""


class SilentStudyReporter:
    """A reporter of studies that says nothing: for processes whose parent tells how far they are."""

    def progress(self, done: int, total: int, what: str) -> None:
        """Say nothing."""

    def study_started(self, arm: tuple[str, str], number: int, total: int) -> None:
        """Say nothing."""

    def trials(self, standing: Standing) -> None:
        """Say nothing."""

    def trial_epoch(self, trial: int, epoch: int, epochs: int) -> None:
        """Say nothing."""

    def study_ended(self, arm: tuple[str, str], tuned: Tuned) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class RunResult:
    """How one run ended.

    Attributes:
        recipe: What was run.
        status: FINISHED, FAILED, SKIPPED because it has finished before, or TAKEN by another process.
        metrics: What its last epoch measured.
        seconds: How long it took.
        reason: Why it failed or was skipped.
        resumed: How many whole epochs an earlier process had done; None: it began here.
    """

    recipe: Recipe
    status: RunState
    metrics: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    reason: str = ""
    resumed: int | None = None


class Notes:
    """What a user is told while the work goes on, each thing once.

    Args:
        reporter: Who is told.
    """

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._told: set[str] = set()

    def tell(self, text: str) -> None:
        """Tell something, unless it was told before; nothing, if the text is empty.

        Args:
            text: One line.
        """
        if text and text not in self._told:
            self._told.add(text)
            self._reporter.note(text)
