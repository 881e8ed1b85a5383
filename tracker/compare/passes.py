"""Runs that together tested each image once: any run of a table, or the folds of one repeat."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tracker.records import RunRecord

_SAME = ("model", "mode", "seed", "repeat", "train_fraction")


def one_pass(runs: Sequence[RunRecord], part: str) -> list[RunRecord]:
    """Return runs of which the part together is what the table's values are of.

    Args:
        runs: The runs of a table.
        part: A part of the split; only the test parts of folds are put together.
    """
    if part != "test" or not has_folds(runs):
        return list(runs[:1])
    passes: dict[tuple[str | None, ...], list[RunRecord]] = defaultdict(list)
    for run in runs:
        passes[tuple(run.params.get(name) for name in _SAME)].append(run)
    # One that lacks a fold, which has not finished, did not test every image.
    return max(passes.values(), key=len)


def has_folds(runs: Sequence[RunRecord]) -> bool:
    """Return whether runs are of a cross-validation."""
    return "fold" in runs[0].params
