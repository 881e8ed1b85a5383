"""Which of two classes is the finding that a table's sensitivity, specificity or F1 is of."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.compare.settings import POSITIVE, distinct, value_of
from tracker.errors import ComparisonError
from tracker.records import POSITIVE_CLASS, RunRecord

_OF_THE_FINDING = frozenset({"sensitivity", "specificity", "f1"})


def is_of_the_finding(metric: str) -> bool:
    """Return whether a metric such as `test/f1` depends on which class is the finding."""
    return metric.rpartition("/")[2] in _OF_THE_FINDING


def finding_of(runs: Sequence[RunRecord]) -> str | None:
    """Return the class that is the finding of all runs; None where there are more than two classes."""
    return runs[0].tags.get(POSITIVE_CLASS)


def refuse_other_findings(runs: Sequence[RunRecord], metric: str) -> None:
    """Refuse a table of sensitivities of different classes.

    Args:
        runs: The runs of the table.
        metric: What it is of.

    Raises:
        ComparisonError: The metric depends on the finding, and the runs have different ones.
    """
    found = distinct(value_of(run, POSITIVE) or "" for run in runs)
    if is_of_the_finding(metric) and len(found) > 1:
        raise ComparisonError(
            f"all values of {metric} in a table must be of the same class",
            but=f"these runs take {' and '.join(map(repr, found))} for the finding",
            do=f"Choose one, for example --where {POSITIVE}={found[0]}.",
        )
