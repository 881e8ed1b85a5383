"""What happens while a plan is carried out, told to whoever listens, and how a run ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tracker.config.recipe import Recipe
from tracker.config.tuned import Tuned
from tracker.records import RunState, StudyKey
from tracker.search.records import StudyProgress


class Reporter:
    """Is told what happens to the runs of a plan; this one ignores it, others override what they show."""

    def progress(self, done: int, total: int, what: str) -> None:
        """So many items of a stage are done."""

    def run_started(self, recipe: Recipe, number: int, total: int) -> None:
        """The run with this number (from 1) begins."""

    def resumed(self, recipe: Recipe, epoch: int) -> None:
        """The run goes on after so many whole epochs."""

    def repeats(self, recipe: Recipe, first: int, last: int) -> None:
        """These epochs of the run are recorded, and trained again: there is no checkpoint after them."""

    def epoch(self, recipe: Recipe, epoch: int, values: Mapping[str, float]) -> None:
        """An epoch has ended, and these are its metrics."""

    def note(self, text: str) -> None:
        """Something happened that a user should know of while the work goes on."""

    def run_progress(self, recipe: Recipe, done: int, total: int, what: str) -> None:
        """So many items of a stage of this run are done; told where several runs are at work."""
        self.progress(done, total, what)

    def run_left(self, recipe: Recipe) -> None:
        """Nobody here is at the run for now: another command is, or the process that was has died."""

    def run_ended(self, result: RunResult) -> None:
        """A run has ended, one way or the other."""


class StudyReporter:
    """Is told what happens to the studies of a plan; this one ignores it, others override what they show."""

    def progress(self, done: int, total: int, what: str) -> None:
        """So many items of a stage are done."""

    def note(self, text: str) -> None:
        """Something happened that a user should know of while the work goes on."""

    def study_started(self, arm: StudyKey, number: int, total: int) -> None:
        """The study with this number (from 1) begins or goes on."""

    def trials(self, progress: StudyProgress) -> None:
        """The study has made progress, in this process or in another one."""

    def trial_epoch(self, trial: int, epoch: int, epochs: int) -> None:
        """A trial has trained so many of its epochs."""

    def study_ended(self, arm: StudyKey, tuned: Tuned) -> None:
        """The study has ended, and this is what it found."""


@dataclass(frozen=True)
class RunResult:
    """How one run ended.

    Attributes:
        recipe: What was run.
        state: FINISHED, FAILED, SKIPPED because it has finished before, or TAKEN by another process.
        metrics: What its last epoch measured.
        seconds: How long it took.
        reason: Why it failed or was skipped.
        resumed: How many whole epochs an earlier process had done; None: it began here.
        journal: The name of the folder that holds its journal; empty where it could not be made.
    """

    recipe: Recipe
    state: RunState
    metrics: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    reason: str = ""
    resumed: int | None = None
    journal: str = ""


class Notifier:
    """Tells a user each thing once, however often it happens while the work goes on.

    Args:
        reporter: Who is told.
    """

    def __init__(self, reporter: Reporter | StudyReporter) -> None:
        self._reporter = reporter
        self._told: set[str] = set()

    def notify(self, text: str) -> None:
        """Tell something, unless it was told before; nothing, if the text is empty.

        Args:
            text: One line.
        """
        if text and text not in self._told:
            self._told.add(text)
            self._reporter.note(text)
