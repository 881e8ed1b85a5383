"""What the folds of a cross-validation came to, an arm a line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean

from tracker.runs.events import RunResult


def mean_lines(results: Sequence[RunResult]) -> list[str]:
    """Return the mean test accuracy of each arm over its folds, where this command made all of its runs.

    Args:
        results: How the runs of a plan ended.
    """
    arms: dict[str, list[RunResult]] = defaultdict(list)
    for result in results:
        if result.recipe.fold is not None:
            share = result.recipe.train_fraction
            arms[result.recipe.arm.in_words + (f" · fraction {share}" if share else "")].append(result)
    whole = {name: its for name, its in arms.items() if len(its) > 1 and all(one.metrics for one in its)}
    width = max(map(len, whole), default=0)
    return [f"mean    {name:{width}}  {_accuracy(its)}" for name, its in whole.items()]


def _accuracy(results: Sequence[RunResult]) -> str:
    values = [100 * result.metrics["test/accuracy"] for result in results]
    folds = len({(result.recipe.repeat, result.recipe.fold) for result in results})
    return f"test {fmean(values):.1f} % over {folds} folds ({min(values):.1f} to {max(values):.1f})"
