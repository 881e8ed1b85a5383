"""Arms whose runs answered as a test wants it, image by image, as a comparison is given them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from tests.support.records import RunFactory
from tracker.compare.comparison import Comparison
from tracker.compare.findings import Findings, find
from tracker.compare.selection import select_runs
from tracker.compare.table import build_table
from tracker.records import POSITIVE_CLASS, HeldOut, Part, Prediction, RunRecord

CLASSES = ("normal", "tuberculosis")
SCORES = ("auroc", "f1", "sensitivity", "specificity", "balanced_accuracy")
"""Metrics that each run records beside its accuracy; their values are of no matter here."""


@dataclass
class Answered:
    """Runs, and what each of them answered.

    Attributes:
        make_run: Makes a run.
        runs: The runs.
        held_out: What they answered, by run id.
    """

    make_run: RunFactory
    runs: list[RunRecord] = field(default_factory=list)
    held_out: dict[str, HeldOut] = field(default_factory=dict)

    def arm(
        self,
        mode: str,
        *patterns: str,
        model: str = "alexnet",
        seeds: Sequence[int] = (),
        labels: str = "",
        classes: Sequence[str] = CLASSES,
        patients: Sequence[int] = (),
        certain: float = 2.0,
        with_odds: bool = True,
        params: Mapping[str, str] | None = None,
    ) -> None:
        """Make the runs of an arm, one a pattern of right (1) and wrong (0) answers, one letter an image.

        Args:
            mode: Its mode.
            patterns: Of each run.
            model: Its model.
            seeds: Of the runs; else 0, 1, ...
            labels: The place of each image's class, one digit an image; else the classes take turns.
            classes: Their names.
            patients: The patient of each image; else each has its own.
            certain: The size of the log-odds of the last image.
            with_odds: Whether log-odds are recorded, as earlier versions did not.
            params: More parameters of the runs.
        """
        for place, pattern in enumerate(patterns):
            tags = {"tracker.test_images": str(len(pattern))}
            tags |= {POSITIVE_CLASS: classes[-1]} if len(classes) == 2 else {}
            accuracy = pattern.count("1") / len(pattern)
            run = self.make_run(
                model,
                mode,
                seeds[place] if seeds else place,
                accuracy,
                params=params,
                tags=tags,
                metrics={"final/test/loss": 0.5, **{f"final/test/{name}": 0.5 for name in SCORES}},
            )
            self.runs.append(run)
            parts: Mapping[Part, str] = {"val": "1" * 8, "test": pattern}
            self.held_out[run.run_id] = HeldOut(
                [
                    each
                    for part, right in parts.items()
                    for each in predictions(right, labels, classes, part, certain, with_odds=with_odds)
                ],
                {
                    sample_id("test", image): f"patient {patients[image] if patients else image}"
                    for image in range(len(pattern))
                },
            )

    def compare(self, metric: str = "test/accuracy", at: str = "final") -> Comparison:
        """Compare the arms."""
        table = build_table(select_runs(self.runs), metric=metric, at=at)  # type: ignore[arg-type]
        return Comparison(table, find(table, self.held_out))

    def found(self, metric: str = "test/accuracy") -> Findings:
        """Return what the answers say."""
        findings = self.compare(metric).findings
        assert findings is not None
        return findings


def predictions(
    right: str, labels: str, classes: Sequence[str], part: Part, certain: float, *, with_odds: bool = True
) -> list[Prediction]:
    """Return an answer for each letter; later images are answered with more certainty."""
    rows = []
    for image, letter in enumerate(right):
        place = int(labels[image]) if labels and part == "test" else image % len(classes)
        given = place if letter == "1" else (place + 1) % len(classes)
        odds = certain * (image + 1) / len(right) if math.isfinite(certain) else certain
        share = 1 / (1 + math.exp(-odds)) if math.isfinite(certain) else 1.0
        share = max(share, 1 / len(classes) + 1e-3)
        others = (1 - share) / (len(classes) - 1)
        probabilities = {name: share if at == given else others for at, name in enumerate(classes)}
        log_odds = {name: odds if at == given else -odds for at, name in enumerate(classes)}
        for kind in ("final", "best"):
            rows.append(
                Prediction(
                    sample_id(part, image),
                    part,
                    kind,  # type: ignore[arg-type]
                    classes[place],
                    probabilities,
                    log_odds if with_odds else {},
                )
            )
    return rows


def sample_id(part: str, image: int) -> str:
    """Return the name of an image."""
    return f"{part}{image:03d}.png"


@pytest.fixture
def answered(make_run: RunFactory) -> Answered:
    """Arms to be made."""
    return Answered(make_run)
