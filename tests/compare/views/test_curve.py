from __future__ import annotations

import csv
import io
import json

import pytest

from tests.compare.views.conftest import sized
from tracker.compare.views.asked import Asked
from tracker.errors import ComparisonError

CURVE = Asked(curve=True)
CROSSING = {60: (range(20), range(60)), 120: (range(20), range(5))}
OPEN = {60: (range(20), range(24)), 120: (range(20), range(18))}


def test_the_rows_are_by_size_and_mode_with_the_interval_of_their_own_table(curve):
    records = curve(CROSSING).views["curve"].records
    first = [(row["train_patients"], row["mode"], row["mean"]) for row in records]
    assert first == [
        (60, "feature-extractor", pytest.approx(112 / 132)),
        (60, "fine-tuning", pytest.approx(72 / 132)),
        (60, "feature-extractor minus fine-tuning", pytest.approx(40 / 132)),
        (120, "feature-extractor", pytest.approx(112 / 132)),
        (120, "fine-tuning", pytest.approx(127 / 132)),
        (120, "feature-extractor minus fine-tuning", pytest.approx(-15 / 132)),
    ]
    assert all(row["interval_low"] < row["mean"] < row["interval_high"] for row in records)
    assert [row["train_fraction"] for row in records[::3]] == [0.5, 1]


@pytest.mark.parametrize(
    ("counts", "established"),
    [
        (CROSSING, "Established: both differences are."),
        (OPEN, "Not established: neither of the two differences is."),
        (
            {60: (range(20), range(60)), 120: (range(20), range(18))},
            "Not established: the difference at 60 patients is, but not the one at 120.",
        ),
        (
            {60: (range(20), range(24)), 120: (range(20), range(2))},
            "Not established: the difference at 120 patients is, but not the one at 60.",
        ),
    ],
)
def test_where_the_modes_cross_is_said_with_what_is_established(curve, counts, established):
    (line,) = curve(counts).views["curve"].conclusions
    assert line.startswith("AlexNet: The two modes cross between 60 and 120 patients (interpolated: about ")
    assert "feature-extractor is ahead below, fine-tuning above" in line
    assert line.endswith(established)


def test_modes_that_do_not_cross_are_said_not_to(curve):
    (line,) = curve({60: (range(9), range(60)), 120: (range(9), range(12))}).views["curve"].conclusions
    assert "do not cross between 60 and 120 patients: feature-extractor is ahead throughout" in line
    assert line.endswith("the difference is established at 60.")


def test_modes_that_are_the_same_everywhere_are_ahead_nowhere(curve):
    (line,) = curve({60: (range(9), range(9)), 120: (range(5), range(5))}).views["curve"].conclusions
    assert line == "AlexNet: The two modes reach the same everywhere between 60 and 120 patients."


def test_of_a_loss_less_is_ahead_and_nothing_is_established(curve):
    (line,) = curve(CROSSING, metric="val/loss").views["curve"].conclusions
    assert "feature-extractor is ahead below, fine-tuning above" in line
    assert line.endswith("Not established: neither of the two differences is.")


def test_the_table_is_of_the_largest_share(curve):
    comparison = curve(CROSSING)
    assert {run.tags["tracker.train_patients"] for run in comparison.results.selection.runs} == {"120"}
    assert comparison.verdicts[0].better == "fine-tuning"


def test_sizes_are_images_where_some_run_does_not_know_its_patients(answered):
    for size, share in ((60, 0.5), (120, 1)):
        run = answered.run("alexnet", "fine-tuning", range(20), **sized(size, share))
    del run.tags["tracker.train_patients"]
    view = answered.compare(CURVE).views["curve"]
    assert [row["train_images"] for row in view.records] == [120, 240]
    assert view.title.endswith("by number of training images")
    assert view.conclusions == ()
    del run.tags["tracker.train_images"]
    with pytest.raises(ComparisonError, match="say how many images they were trained on"):
        answered.compare(CURVE)


def test_runs_that_differ_in_more_than_their_share_are_said_to(answered):
    for size, share, lr in ((60, 0.5, "0.1"), (120, 1, "0.01")):
        told = sized(size, share)
        told["params"] = {**told["params"], "lr": lr}
        answered.run("alexnet", "fine-tuning", range(20), **told)
    notes = answered.compare(CURVE).views["curve"].notes
    assert "The curves are of runs that differ in more than the share: lr." in notes


def test_the_figure_has_a_panel_a_model_and_a_line_a_mode(curve):
    figure = curve(CROSSING).views["curve"].plot()
    (axes,) = figure.axes
    assert [len(line.get_xdata()) for line in axes.get_lines()] == [2, 2]
    assert axes.get_xscale() == "log"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["Feature extractor", "Fine-tuning"]


def test_csv_and_json_carry_the_numbers_of_the_view(curve):
    comparison = curve(CROSSING)
    records = comparison.views["curve"].records
    assert json.loads(comparison.render("json"))["views"]["curve"]["rows"] == list(records)
    lines = list(csv.DictReader(io.StringIO(comparison.render("csv"))))
    assert [float(line["mean"]) for line in lines] == [row["mean"] for row in records]
