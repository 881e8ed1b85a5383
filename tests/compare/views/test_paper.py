from __future__ import annotations

import json

import pytest

from tracker.compare.views.asked import Asked
from tracker.errors import ComparisonError, UsageError

PAPER = Asked(paper=True)
FIRST, SECOND = "feature-extractor", "fine-tuning"


def place_of(comparison, model, mode):
    (row,) = [
        row for row in comparison.views["paper"].records if (row["model"], row["mode"]) == (model, mode)
    ]
    return row


def test_a_published_number_is_inside_or_outside_of_the_interval_in_the_table(answered):
    answered.run("alexnet", FIRST, range(30))
    answered.run("alexnet", SECOND, range(60))
    comparison = answered.compare(PAPER)
    for mode, place in ((FIRST, "inside"), (SECOND, "outside")):
        row = place_of(comparison, "alexnet", mode)
        shown = comparison.table.query("mode == @mode and metric == 'test/accuracy'").iloc[0]
        assert (row["interval_low"], row["interval_high"]) == (shown.interval_low, shown.interval_high)
        assert row["published_is"] == place
        assert (row["interval_low"] <= row["published"] <= row["interval_high"]) == (place == "inside")


@pytest.mark.parametrize(
    ("first", "second", "direction", "sentence"),
    [
        (range(40), range(10), "contrary", "Contrary to what was published, your runs establish that fine-"),
        (range(10), range(40), "same", "Your runs establish the same direction: feature-extractor is better"),
        (range(33), range(30), "not established", "Your runs establish neither direction"),
        (range(30), range(30), "not established", "Your runs establish neither direction"),
    ],
)
def test_contrary_is_said_where_the_opposite_is_established_alone(
    answered, first, second, direction, sentence
):
    answered.run("resnet152", FIRST, first)
    answered.run("resnet152", SECOND, second)
    comparison = answered.compare(PAPER)
    assert place_of(comparison, "resnet152", FIRST)["direction"] == direction
    said = comparison.views["paper"].conclusions[0]
    assert sentence in said
    assert ("Contrary" in said) == (direction == "contrary")


def test_what_the_published_table_could_show_is_said_whatever_the_pairing(answered):
    for model in ("alexnet", "resnet152", "densenet201"):
        answered.run(model, FIRST, range(30))
    *each, over_all = answered.compare(PAPER).views["paper"].conclusions
    assert [line.partition("at least ")[2].partition(". ")[0] for line in each] == ["0.25", "0.031", "0.125"]
    assert "no difference" in over_all
    assert "0.25, 0.093, 0.25" in over_all
    assert all("Your runs have no verdict on these two modes." in line for line in each)


def test_a_look_is_called_a_look_and_others_are_named(answered):
    answered.run("alexnet", FIRST, range(30))
    answered.run("alexnet", "scratch", range(50))
    answered.run("resnet18", FIRST, range(30))
    view = answered.compare(PAPER).views["paper"]
    assert any(note.startswith("This is a look, not a test") for note in view.notes)
    assert "Nothing was published of resnet18, scratch." in view.notes
    assert [row["model"] for row in view.records] == ["alexnet"]


def test_runs_without_stored_answers_have_no_interval_and_say_so(answered):
    answered.run("alexnet", FIRST, range(30))
    answered.held_out.clear()
    comparison = answered.compare(PAPER)
    assert place_of(comparison, "alexnet", FIRST)["published_is"] is None
    assert "no interval" in comparison.render()
    assert comparison.views["paper"].plot()


def test_models_that_were_not_published_are_refused_with_those_that_were(answered):
    answered.run("resnet18", FIRST, range(30))
    answered.run("alexnet", "scratch", range(30))
    with pytest.raises(ComparisonError, match="alexnet, resnet152, densenet201") as caught:
        answered.compare(PAPER)
    assert "resnet18 (feature-extractor)" in str(caught.value)


@pytest.mark.parametrize(("metric", "at"), [("test/auroc", "final"), ("test/accuracy", "best")])
def test_another_metric_or_epoch_was_not_published(metric, at):
    with pytest.raises(UsageError, match="--paper must be of test accuracy after the last epoch"):
        PAPER.check(metric, at)


def test_json_holds_the_numbers_and_csv_is_of_the_view(answered):
    answered.run("alexnet", FIRST, range(30))
    comparison = answered.compare(PAPER)
    (row,) = json.loads(comparison.render("json"))["views"]["paper"]["rows"]
    assert row["published"] == 0.77
    assert row["value"] == pytest.approx(102 / 132)
    assert comparison.render("csv").startswith("model,mode,metric,published,")


def test_the_figure_of_a_view_is_written_beside_the_arms(answered, tmp_path):
    answered.run("alexnet", FIRST, range(30))
    names = {path.name for path in answered.compare(PAPER).write_figures(tmp_path)}
    for figure in ("arms", "paper"):
        assert {f"test-accuracy.{figure}.png", f"test-accuracy.{figure}.svg"} <= names
