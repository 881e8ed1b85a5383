"""The notes under a table about classes and their images: what numbers are of, and have to be above."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.compare.finding import finding_of, is_of_the_finding
from tracker.compare.majority import Majority, majority_of, recorded_class_counts
from tracker.compare.passes import has_folds, one_pass
from tracker.compare.settings import common
from tracker.compare.table import Table
from tracker.errors import counted
from tracker.figures.labels import scale_of, title_of
from tracker.records import RunRecord


def finding_note(table: Table) -> str:
    """Return which class a table of sensitivities is of; empty for other metrics."""
    if not is_of_the_finding(table.metric):
        return ""
    finding, name = finding_of(table.selection.runs), title_of(f"/{_name(table)}")
    if finding is None:
        return f"The {name} is the mean over the classes, each against the rest."
    return f"The {name} is that of the class {finding!r} (--positive)."


def images_note(table: Table) -> str:
    """Return of how many images the values are shares, and what one of them is worth."""
    part = _part(table)
    if _name(table) == "accuracy":
        return _worth(_images(table.selection.runs, part), part)
    finding, counts = finding_of(table.selection.runs), recorded_class_counts(table.selection.runs, part)
    if finding is None or finding not in counts:
        return ""
    if _name(table) == "sensitivity":
        return _worth(counts[finding], part, f" of {finding!r}")
    if _name(table) == "specificity":
        return _worth(sum(counts.values()) - counts[finding], part, " of the other class")
    return ""


def majority_note(table: Table) -> str:
    """Return what the same answer to every image would reach, where accuracies need it to be read."""
    majority = majority_of(table.selection.runs, _part(table))
    means = [cell.mean for cell in table.cells]
    if _name(table) != "accuracy" or majority is None or not majority.matters(means):
        return ""
    share = f"{scale_of(table.metric).write(majority.share)} {scale_of(table.metric).unit}"
    images = f"{majority.count} of {majority.total} {_title(_part(table))} images"
    always = f"Always answering {majority.name!r} would reach {share} ({images}){_below(table, majority)}."
    balanced = f"{_part(table)}/balanced_accuracy"
    known = all(f"{table.at}/{balanced}" in run.metrics for run in table.selection.runs)
    return always + (f" --metric {balanced} does not reward that." if known else "")


def _below(table: Table, majority: Majority) -> str:
    """Return which arms are not above the majority."""
    arms = [f"{model} {mode}" for mode, model, cell in table.by_arm() if cell.mean <= majority.share]
    if not arms:
        return ""
    return "; no arm is above that" if len(arms) == len(table.cells) else f"; not above: {', '.join(arms)}"


def _images(runs: Sequence[RunRecord], part: str) -> int:
    """Return how many images a part has, those of folds together; 0 where that is not known."""
    known = [common([run], f"{part}_images") or "" for run in one_pass(runs, part)]
    alike = has_folds(runs) or common(runs, f"{part}_images") is not None
    return sum(map(int, known)) if alike and all(map(str.isdecimal, known)) else 0


def _worth(count: int, part: str, of: str = "") -> str:
    if not count:
        return ""
    worth = 100 / count
    digits = f"{worth:.1f}" if worth >= 0.1 else f"{worth:.1g}"
    return f"{counted(count, f'{_title(part)} image')}{of}: one image is {digits} points."


def _part(table: Table) -> str:
    return table.metric.partition("/")[0]


def _name(table: Table) -> str:
    return table.metric.rpartition("/")[2]


def _title(part: str) -> str:
    return title_of(f"{part}/")
