"""Which arms were tuned is said, and tuned runs are never averaged with others."""

from __future__ import annotations

import pytest

from tracker.compare.render.notes import footnotes
from tracker.compare.selection import select_runs
from tracker.compare.table import build_table
from tracker.errors import ComparisonError

HOW = "lr over a 1e+04-fold range, by val/loss of the final epoch (tpe)"
TAGS = {
    "tracker.tuned": "lr",
    "tracker.tuned_trials": "30",
    "tracker.tuned_how": HOW,
    "tracker.tuned_study": "tb/alexnet/0",
}
ALIKE = f"Every arm was tuned on validation images alone: {HOW}, 30 trials."


def tuning_notes(runs):
    return [note for note in footnotes(build_table(select_runs(runs))) if "tuned" in note]


def test_nothing_is_said_where_nothing_was_tuned(make_run):
    assert tuning_notes([make_run(), make_run(mode="fine-tuning")]) == []


def test_arms_that_were_tuned_alike_are_said_to(make_run):
    runs = [make_run(tags=TAGS, params={"lr": "0.1"}), make_run(mode="fine-tuning", tags=TAGS)]
    assert tuning_notes(runs) == [ALIKE]


def test_an_arm_that_was_not_tuned_is_named(make_run):
    runs = [make_run(tags=TAGS), make_run(mode="fine-tuning")]
    (note,) = tuning_notes(runs)
    assert note.startswith("Arms were not tuned alike, which a difference between them can come from.")
    assert f"alexnet feature-extractor: {HOW}, 30 trials; alexnet fine-tuning: not tuned." in note


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"tracker.tuned_trials": "300"}, f"fine-tuning: {HOW}, 300 trials"),
        ({"tracker.tuned_how": HOW.replace("1e+04", "10")}, "fine-tuning: lr over a 10-fold range"),
    ],
)
def test_another_budget_or_a_narrower_range_is_not_alike(make_run, other, said):
    (note,) = tuning_notes([make_run(tags=TAGS), make_run(mode="fine-tuning", tags=TAGS | other)])
    assert note.startswith("Arms were not tuned alike")
    assert said in note


def test_tuned_runs_are_not_averaged_with_others_and_either_can_be_chosen(make_run):
    untuned, tuned = make_run(), make_run(tags=TAGS, params={"lr": "0.07"})
    with pytest.raises(ComparisonError, match="--where tuned=yes, and --where tuned=no"):
        select_runs([untuned, tuned])
    assert select_runs([untuned, tuned], where=["tuned=yes"]).runs == (tuned,)
    assert select_runs([untuned, tuned], where=["tuned=no"]).runs == (untuned,)


def test_tuned_and_untuned_are_not_mixed_even_with_the_same_rate(make_run):
    with pytest.raises(ComparisonError, match="all tuned or all not"):
        select_runs([make_run(), make_run(seed=1, tags=TAGS)])


def test_what_a_study_found_since_replaces_what_it_had_found_before(make_run):
    before = make_run(tags=TAGS, params={"lr": "0.07"})
    since = make_run(tags=TAGS | {"tracker.tuned_trials": "60"}, params={"lr": "0.05"})
    selection = select_runs([before, since])
    assert selection.runs == (since,)
    assert [entry.run_id for entry in selection.excluded] == [before.run_id]


def test_a_tuned_run_and_one_with_the_same_recipe_do_not_replace_each_other(make_run):
    untuned, tuned = make_run(), make_run(tags=TAGS)
    assert select_runs([untuned, tuned], where=["tuned=no"]).runs == (untuned,)
    with pytest.raises(ComparisonError, match="all tuned or all not"):
        select_runs([untuned, tuned])
