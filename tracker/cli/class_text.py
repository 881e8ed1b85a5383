"""What the plan and the summary of a study say about its classes."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.compare.majority import Majority
from tracker.config.options import RunOptions
from tracker.data.file_kinds import file_kind_notes
from tracker.data.positive_class import is_guessed, positive_class
from tracker.data.splits.checks import class_table
from tracker.records import PARTS
from tracker.runs.events import RunResult
from tracker.runs.images import Images

_UNEQUAL = 4
_FEW = 5


def positive_line(images: Images, options: RunOptions) -> str:
    """Return which of two classes is the finding, and whether that is a guess; empty for more classes."""
    classes = images.manifest.classes
    positive = positive_class(classes, options.positive)
    if positive is None:
        return ""
    guessed = is_guessed(classes, options.positive)
    of = "the last by name; --positive chooses" if guessed else "sensitivity, specificity and F1 are of it"
    return f"{positive} ({of})"


def class_notes(images: Images) -> list[str]:
    """Return what to beware of: files that tell the class, unequal classes, too few to measure by."""
    return [*file_kind_notes(images.manifest), *_unequal(images), *_few(images)]


def majority_lines(images: Images, results: Sequence[RunResult]) -> list[str]:
    """Return what the same answer to every test image would reach, where accuracies need it to be read."""
    accuracies = [result.metrics["test/accuracy"] for result in results if result.metrics]
    tested = class_table(images.manifest, images.split.part_of)["test"]
    # In a cross-validation, all are.
    majority = Majority.of(tested if images.cross_validation is None else images.manifest.counts)
    if not accuracies or not majority.matters(accuracies):
        return []
    share = f"{100 * majority.share:.1f} %"
    return [f"beware  always answering {majority.name!r} would reach {share} of the test images"]


def _unequal(images: Images) -> list[str]:
    counts = images.manifest.counts.values()
    if max(counts) < _UNEQUAL * min(counts):
        return []
    return [f"unequal classes ({max(counts)} to {min(counts)}): balanced accuracy says more than accuracy"]


def _few(images: Images) -> list[str]:
    table = class_table(images.manifest, images.split.part_of)
    measured = ("val", "test") if images.cross_validation is None else ("val",)
    fewest = {part: min(table[part], key=table[part].__getitem__) for part in PARTS if part in measured}
    few = [
        f"{table[part][name]} of {name} in {part}"
        for part, name in fewest.items()
        if table[part][name] < _FEW
    ]
    return [f"too few to measure by: {', '.join(few)}"] if few else []
