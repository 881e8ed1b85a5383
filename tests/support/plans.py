"""Small plans over small pictures, prepared for training, and a reporter that remembers what it was told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tracker.config.loading import read_options
from tracker.config.options import RunOptions
from tracker.config.recipe import Recipe
from tracker.config.tuned import Tuned
from tracker.records import Arm
from tracker.runs.events import Reporter, RunResult, StudyReporter
from tracker.runs.plan import Prepared, make_plan, prepare
from tracker.search.records import StudyProgress

HEAD_MODEL = "mini-densenet"
"""Its last layer is linear: trials of the feature extractor are trained at once."""
TAIL_MODEL = "squeezenet1_1"
"""Its last layer is a convolution: trials are trained one after another."""

Prepare = Callable[..., Prepared]


def small_options(data: Path, **given: object) -> RunOptions:
    """Return the options of runs that take a fraction of a second each."""
    small = {"dataset": "folder", "data": data, "weights": "none", "epochs": 2, "batch_size": 8}
    small |= {"image_size": 64, "precision": "fp32", "split": "16/6/8", "patient_pattern": r"^P\d+"}
    small |= {"experiment": "small", "model": TAIL_MODEL, "mode": "feature-extractor"}
    return read_options(small | given)


@pytest.fixture
def prepare_small(workplace: Path, radiographs: Path) -> Prepare:
    """Prepares a small plan whose options are changed, in an empty current folder."""

    def make(**given: object) -> Prepared:
        return prepare(make_plan(small_options(**{"data": radiographs, **given})))

    return make


class RecordingReporter(Reporter, StudyReporter):
    """Remembers what it was told, as (event, what matters of it)."""

    def __init__(self) -> None:
        self.events: list[tuple[str, object]] = []

    def named(self, event: str) -> list[object]:
        """Return what was told of one kind of event."""
        return [told for name, told in self.events if name == event]

    def run_started(self, recipe: Recipe, number: int, total: int) -> None:
        self.events.append(("run_started", (recipe.run_name, number, total)))

    def resumed(self, recipe: Recipe, epoch: int) -> None:
        self.events.append(("resumed", epoch))

    def repeats(self, recipe: Recipe, first: int, last: int) -> None:
        self.events.append(("repeats", (first, last)))

    def epoch(self, recipe: Recipe, epoch: int, values: Mapping[str, float]) -> None:
        self.events.append(("epoch", epoch))

    def note(self, text: str) -> None:
        self.events.append(("note", text))

    def run_ended(self, result: RunResult) -> None:
        self.events.append(("run_ended", result.state))

    def study_started(self, arm: Arm, number: int, total: int) -> None:
        self.events.append(("study_started", (arm, number, total)))

    def trials(self, progress: StudyProgress) -> None:
        self.events.append(("trials", progress.spent))

    def trial_epoch(self, trial: int, epoch: int, epochs: int) -> None:
        self.events.append(("trial_epoch", (trial, epoch)))

    def study_ended(self, arm: Arm, tuned: Tuned) -> None:
        self.events.append(("study_ended", arm))
