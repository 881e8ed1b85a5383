"""How the arms of a table were tuned is said under it."""

from __future__ import annotations

import pytest

from tests.support.records import TUNED_HOW, TUNED_TAGS
from tracker.compare.render.notes import footnotes
from tracker.compare.selection import select_runs
from tracker.compare.table import build_table

ALIKE = f"Every arm was tuned on validation images alone: {TUNED_HOW}, 30 trials."


def tuning_notes(runs):
    return [note for note in footnotes(build_table(select_runs(runs))) if "tuned" in note]


def test_nothing_is_said_where_nothing_was_tuned(make_run):
    assert tuning_notes([make_run(), make_run(mode="fine-tuning")]) == []


def test_arms_that_were_tuned_alike_are_said_to(make_run):
    runs = [make_run(tags=TUNED_TAGS, params={"lr": "0.1"}), make_run(mode="fine-tuning", tags=TUNED_TAGS)]
    assert tuning_notes(runs) == [ALIKE]


def test_an_arm_that_was_not_tuned_is_named(make_run):
    runs = [make_run(tags=TUNED_TAGS), make_run(mode="fine-tuning")]
    (note,) = tuning_notes(runs)
    assert note.startswith("Arms were not tuned alike, which a difference between them can come from.")
    assert f"alexnet feature-extractor: {TUNED_HOW}, 30 trials; alexnet fine-tuning: not tuned." in note


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"tracker.tuned_trials": "300"}, f"fine-tuning: {TUNED_HOW}, 300 trials"),
        ({"tracker.tuned_how": TUNED_HOW.replace("1e+04", "10")}, "fine-tuning: lr over a 10-fold range"),
    ],
)
def test_another_budget_or_a_narrower_range_is_not_alike(make_run, other, said):
    (note,) = tuning_notes([make_run(tags=TUNED_TAGS), make_run(mode="fine-tuning", tags=TUNED_TAGS | other)])
    assert note.startswith("Arms were not tuned alike")
    assert said in note
