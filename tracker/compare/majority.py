"""What it would be worth to give every image the same answer: an accuracy has to be above that."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, cast

from tracker.compare.passes import has_folds, one_pass
from tracker.records import Part, RunRecord, counts_tag

_UNEQUAL = 1.1
"""How many times its equal share the largest class has where it matters, whatever was reached."""


@dataclass(frozen=True, slots=True)
class Majority:
    """The class that has most of some images.

    Attributes:
        name: The class.
        count: How many images it has.
        total: How many there are.
        classes: How many classes there are.
    """

    name: str
    count: int
    total: int
    classes: int

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Self:
        """Return the majority among images of these classes, of which there is one at least."""
        name = max(counts, key=counts.__getitem__)
        return cls(name, counts[name], sum(counts.values()), len(counts))

    @property
    def share(self) -> float:
        """The accuracy of who always answers with this class."""
        return self.count / self.total

    def matters(self, accuracies: Iterable[float]) -> bool:
        """Return whether accuracies are read wrongly without it.

        They are if the class has over a tenth more than an equal share (of two classes: over 55 %), or if one
        of them is not above it.
        """
        return self.share > _UNEQUAL / self.classes or any(value <= self.share for value in accuracies)


def recorded_class_counts(runs: Sequence[RunRecord], part: str) -> dict[str, int]:
    """Return how many images of each class a part has; empty where no run says it.

    Args:
        runs: Runs of one split, of which one is as good as another: earlier versions did not say it. The test
            parts of folds are put together.
        part: A part of the split.
    """
    tag = counts_tag(cast(Part, part))
    some = one_pass(runs, part) if has_folds(runs) else [run for run in runs if run.tags.get(tag)][:1]
    counts: Counter[str] = Counter()
    for run in some:
        try:
            counts.update({str(name): int(count) for name, count in json.loads(run.tags[tag]).items()})
        except (KeyError, ValueError):
            # Of very many classes MLflow keeps a part.
            return {}
    return dict(counts)


def majority_of(runs: Sequence[RunRecord], part: str) -> Majority | None:
    """Return the majority of a part; None where no run says it."""
    counts = recorded_class_counts(runs, part)
    return Majority.of(counts) if sum(counts.values()) else None
