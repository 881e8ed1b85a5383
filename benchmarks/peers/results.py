"""What a contestant's store holds afterwards: proof that all sides did the same work."""

from __future__ import annotations

import math
import sqlite3
import statistics
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.work import SEEDS, TRIALS, Work

_NEWEST = "SELECT experiment_id FROM experiments WHERE name != 'Default' ORDER BY experiment_id DESC LIMIT 1"
_POINTS = f"""SELECT m.run_uuid, m.key, m.value FROM metrics m JOIN runs r ON m.run_uuid = r.run_uuid
WHERE r.experiment_id = ({_NEWEST}) AND m.key IN ('train/loss', 'val/loss', 'test/accuracy')
ORDER BY m.step, m.timestamp"""


@dataclass(frozen=True)
class Outcome:
    """What was recorded.

    Attributes:
        runs: Runs with a training loss in each epoch.
        train_loss: Of the last epoch, mean over runs.
        val_loss: Of the last epoch, the best run's.
        test_accuracy: Of the last epoch, mean over runs; None where test images took no part.
    """

    runs: int
    train_loss: float
    val_loss: float
    test_accuracy: float | None


def read_outcome(store: Path, work: Work, epochs: int) -> Outcome:
    """Read the newest experiment of a store.

    Raises:
        SystemExit: It does not hold what the work is.
    """
    runs: dict[str, dict[str, list[float]]] = {}
    with closing(sqlite3.connect(store)) as database:
        for run, key, value in database.execute(_POINTS):
            runs.setdefault(run, {}).setdefault(key, []).append(value)
    whole = [values for values in runs.values() if len(values.get("train/loss", ())) >= epochs]
    expected = {"run": 1, "study": TRIALS, "seeds": SEEDS}[work.kind]
    tested = [values["test/accuracy"] for values in whole if "test/accuracy" in values]
    measured = len(tested) if work.kind != "study" else expected - len(tested)
    if len(whole) != expected or measured != expected:
        raise SystemExit(f"{store}: {len(whole)} whole runs, {len(tested)} tested; expected {expected}")
    return Outcome(
        runs=len(whole),
        train_loss=statistics.fmean(values["train/loss"][-1] for values in whole),
        val_loss=min(values["val/loss"][-1] for values in whole),
        test_accuracy=statistics.fmean(values[-1] for values in tested) if tested else None,
    )


def equal_within_noise(ours: float, theirs: float, images: int) -> bool:
    """Say whether two accuracies on the same images are closer than two standard errors of their difference.

    Args:
        ours: An accuracy, 0 to 1.
        theirs: Another one.
        images: Of how many images.
    """
    mean = (ours + theirs) / 2
    return abs(ours - theirs) <= 2 * math.sqrt(2 * mean * (1 - mean) / images) + 1e-9
