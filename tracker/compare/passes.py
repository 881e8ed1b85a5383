"""Runs that together tested each image once: any run of a table, or the folds of one repeat."""

from __future__ import annotations

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
    first = [runs[0].params.get(name) for name in _SAME]
    return [run for run in runs if [run.params.get(name) for name in _SAME] == first]


def has_folds(runs: Sequence[RunRecord]) -> bool:
    """Return whether runs are of a cross-validation."""
    return "fold" in runs[0].params
