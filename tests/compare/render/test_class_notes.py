from __future__ import annotations

import json

import pytest

from tracker.compare.render.notes import footnotes
from tracker.compare.selection import select_runs
from tracker.compare.table import build_table


@pytest.fixture
def notes_of(make_run):
    """A function that returns the notes of a table of two arms with these accuracies."""

    def make(*accuracies, counts=None, metric="test/accuracy", finding=None, metrics=None):
        tags = {"tracker.test_class_counts": json.dumps(counts)} if counts else {}
        tags |= {"tracker.positive_class": finding} if finding else {}
        runs = [
            make_run(mode=mode, accuracy=accuracy, tags=tags, metrics=metrics)
            for mode, accuracy in zip(("feature-extractor", "fine-tuning"), accuracies, strict=False)
        ]
        return footnotes(build_table(select_runs(runs), metric=metric))

    return make


def majority(notes):
    return [note for note in notes if note.startswith("Always")]


UNEQUAL = {"normal": 120, "sick": 6}
ALWAYS = "Always answering 'normal' would reach 95.2 % (120 of 126 test images)"


@pytest.mark.parametrize(
    ("accuracies", "end"),
    [((0.96, 0.97), "."), ((0.95, 0.90), "; no arm is above that."), ((0.97, 0.9), None)],
)
def test_what_the_same_answer_to_all_would_reach(notes_of, accuracies, end):
    end = end or "; not above: alexnet fine-tuning."
    assert majority(notes_of(*accuracies, counts=UNEQUAL)) == [f"{ALWAYS}{end}"]


def test_another_metric_is_named_where_all_runs_have_it(notes_of):
    (note,) = majority(notes_of(0.97, counts=UNEQUAL, metrics={"final/test/balanced_accuracy": 0.5}))
    assert note == f"{ALWAYS}. --metric test/balanced_accuracy does not reward that."


def test_equal_classes_and_other_metrics_have_no_such_note(notes_of):
    assert majority(notes_of(0.9, counts={"normal": 66, "sick": 66})) == []
    assert majority(notes_of(0.9, counts=UNEQUAL, metric="test/auroc")) == []
    assert majority(notes_of(0.9)) == []


@pytest.mark.parametrize(
    ("name", "title", "images"),
    [
        ("sensitivity", "sensitivity", ["6 test images of 'sick': one image is 16.7 points."]),
        ("specificity", "specificity", ["120 test images of the other class: one image is 0.8 points."]),
        ("f1", "F1", []),
    ],
)
def test_what_depends_on_the_finding_says_which_it_is(notes_of, name, title, images):
    recorded = {f"final/test/{name}": 0.5}
    notes = notes_of(0.9, counts=UNEQUAL, metric=f"test/{name}", finding="sick", metrics=recorded)
    assert f"The {title} is that of the class 'sick' (--positive)." in notes
    assert [note for note in notes if "one image is" in note] == images
    several = notes_of(0.9, counts=UNEQUAL, metric=f"test/{name}", metrics=recorded)
    assert f"The {title} is the mean over the classes, each against the rest." in several
