"""Images divided into folds: classes in proportion, and whole what must stay together.

No other library has a say in it, so that every version of each gives the same folds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tracker.data.splits.allocation import assign_groups, target_table
from tracker.data.splits.rule import apportion


def divide(labels: Sequence[int], groups: Sequence[int], count: int, *, seed: int) -> list[int]:
    """Return the fold of each image.

    Args:
        labels: The class of each image, a number from 0.
        groups: A number for each image; those that must be in one fold share theirs.
        count: How many folds, 1 or more.
        seed: Of the draw; the same seed draws the same folds everywhere.
    """
    place_of = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    vectors = [[0] * (max(labels) + 1) for _ in place_of]
    for label, group in zip(labels, groups, strict=True):
        vectors[place_of[group]][label] += 1
    by_class = Counter(labels)
    wanted = target_table(
        [by_class[label] for label in range(max(labels) + 1)], apportion([1] * count, len(labels))
    )
    drawn = assign_groups(vectors, list(zip(*wanted, strict=True)), seed=seed)
    return [drawn[place_of[group]] for group in groups]
