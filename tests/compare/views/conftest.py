"""Runs with what their networks answered, so that intervals and verdicts are those that users get."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from tests.support.records import RunFactory, make_run
from tracker.compare.comparison import Comparison
from tracker.compare.findings import find
from tracker.compare.table import build_table
from tracker.compare.views.asked import Asked
from tracker.records import HeldOut, Prediction, RunRecord

__all__ = ["make_run"]

IMAGES = 132


@dataclass
class Answered:
    """Runs and what they answered."""

    make_run: RunFactory
    runs: list[RunRecord] = field(default_factory=list)
    held_out: dict[str, HeldOut] = field(default_factory=dict)

    def run(self, model: str, mode: str, wrong: Sequence[int], seed: int = 0, **more: object) -> RunRecord:
        """Add a run that is wrong on these images alone."""
        run = self.make_run(model, mode, seed, (IMAGES - len(wrong)) / IMAGES, **more)
        missed, predictions = frozenset(wrong), []
        for number in range(IMAGES):
            label = "normal" if number % 2 else "sick"
            said = 0.4 if number in missed else 0.6
            probabilities = {label: said, "sick" if number % 2 else "normal": 1 - said}
            ordered = {name: probabilities[name] for name in ("normal", "sick")}
            predictions.append(Prediction(f"{number:03d}.png", "test", "final", label, ordered))
        self.runs.append(run)
        self.held_out[run.run_id] = HeldOut(predictions, {one.sample: one.sample for one in predictions})
        return run

    def compare(
        self, asked: Asked, metric: str = "test/accuracy", split: str | None = None, where: Sequence[str] = ()
    ) -> Comparison:
        """Compare them, as `tracker.compare` does with what it read."""
        tables = [
            build_table(one, metric=metric) for one in asked.select(self.runs, split=split, where=where)
        ]
        found = [(table, find(table, self.held_out)) for table in tables]
        return Comparison(*found[-1], None, asked.views(found))


@pytest.fixture
def answered(make_run: RunFactory) -> Answered:
    return Answered(make_run)


def sized(patients: int, share: float = 1.0) -> dict[str, Mapping[str, str]]:
    """What a run on a share of the training part says of it; of all of it, as before there were shares."""
    return {
        "params": {} if share == 1 else {"train_fraction": str(share)},
        "tags": {"tracker.train_patients": str(patients), "tracker.train_images": str(2 * patients)},
    }


@pytest.fixture
def curve(answered: Answered) -> Callable[..., Comparison]:
    """The comparison of one model's learning curves: the numbers of wrong answers, by size and mode."""

    def make(counts: Mapping[int, tuple[Sequence[int], Sequence[int]]], **more: object) -> Comparison:
        largest = max(counts)
        for size, (first, second) in counts.items():
            told = sized(size, size / largest)
            answered.run("alexnet", "feature-extractor", first, **told)
            answered.run("alexnet", "fine-tuning", second, **told)
        return answered.compare(Asked(curve=True), **more)

    return make
