"""What a contestant's store holds afterwards: proof that all sides did the same work."""

from __future__ import annotations

import math
import sqlite3
import statistics
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.work import SEEDS, TRIALS, Work
from tracker.records import Part

_NEWEST = "SELECT experiment_id FROM experiments WHERE name != 'Default' ORDER BY experiment_id DESC LIMIT 1"
_POINTS = f"""SELECT m.run_uuid, m.key, m.value FROM metrics m JOIN runs r ON m.run_uuid = r.run_uuid
WHERE r.experiment_id = ({_NEWEST}) ORDER BY m.step, m.timestamp"""


@dataclass(frozen=True)
class Outcome:
    """What the last epoch measured.

    Attributes:
        loss: The mean loss over the runs, of the test images; of a study the best run's, of the validation
            images.
        accuracy: The accuracy, 0 to 1, of the same images and runs.
    """

    loss: float
    accuracy: float


def judged_part(work: Work) -> Part:
    """Return whose images say what came of the work."""
    return "val" if work.kind == "study" else "test"


def read_outcome(store: Path, work: Work, epochs: int) -> Outcome:
    """Read the newest experiment of a store.

    Raises:
        SystemExit: It does not hold what the work is.
    """
    runs: dict[str, dict[str, list[float]]] = {}
    with closing(sqlite3.connect(store)) as database:
        for run, key, value in database.execute(_POINTS):
            runs.setdefault(run, {}).setdefault(key, []).append(value)
    trained = [values for values in runs.values() if len(values.get("train/loss", ())) == epochs]
    part, expected = judged_part(work), {"run": 1, "study": TRIALS, "seeds": SEEDS}[work.kind]
    whole = [values for values in trained if len(values.get(f"{part}/accuracy", ())) == epochs]
    if len(whole) != expected or (work.kind == "study" and any("test/loss" in values for values in whole)):
        raise SystemExit(f"{store}: {work.name} must be {expected} runs of {epochs} epochs, got {len(whole)}")
    if work.kind == "study":
        whole = [min(whole, key=lambda values: values["val/loss"][-1])]
    loss, accuracy = (
        statistics.fmean(values[f"{part}/{metric}"][-1] for values in whole)
        for metric in ("loss", "accuracy")
    )
    return Outcome(loss, accuracy)


def equal_within_noise(ours: float, theirs: float, images: int) -> bool:
    """Say whether two accuracies on the same images are closer than two standard errors of their difference.

    Args:
        ours: An accuracy, 0 to 1.
        theirs: Another one.
        images: Of how many images.
    """
    mean = (ours + theirs) / 2
    return abs(ours - theirs) <= 2 * math.sqrt(2 * mean * (1 - mean) / images) + 1e-9
