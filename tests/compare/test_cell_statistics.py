"""Statistics beside the mean: the one there is, and that another one needs no other place."""

from __future__ import annotations

import statistics

import pytest

from tracker.compare import cell_statistics as declared
from tracker.compare.cell_statistics import STATISTICS, Statistic, statistics_of
from tracker.compare.render.formats import FORMATS, render
from tracker.compare.selection import select_runs
from tracker.compare.table import build_table

VALUES = [0.5, 0.75, 0.875]


def test_the_deviation_is_that_of_a_sample():
    assert statistics_of(VALUES)["sd"] == pytest.approx(statistics.stdev(VALUES), rel=1e-12)
    assert statistics_of(VALUES[:1])["sd"] is None


@pytest.mark.parametrize(
    ("format", "parts"),
    [
        ("table", ["70.8 ± 19.1 [75.0]", "Mean ± sample standard deviation [median]"]),
        ("markdown", [r"| 70.8 ± 19.1 \[75.0\] |", r"Mean ± sample standard deviation \[median\]"]),
        ("latex", [r"$70.8 \pm 19.1 [75.0]$", r"Mean $\pm$ sample standard deviation [median]"]),
        ("csv", [",mean,sd,median,n,", ",0.75,3,run001"]),
        ("json", ['"median": 0.75']),
        ("html", ["<td>70.8 ± 19.1 [75.0]</td>", "Mean ± sample standard deviation [median]"]),
    ],
)
def test_another_statistic_is_in_every_format_and_in_the_note(make_run, monkeypatch, format, parts):
    median = Statistic("median", "median", " [{}]", statistics.median)
    monkeypatch.setattr(declared, "STATISTICS", (*STATISTICS, median))
    runs = [make_run(seed=seed, accuracy=value) for seed, value in enumerate(VALUES)]
    # Of other seeds, so that there is a difference without pairs, which has no statistics.
    runs += [make_run(mode="fine-tuning", seed=seed) for seed in (3, 4, 5)]
    text = render(build_table(select_runs(runs)), format)
    assert [part for part in parts if part not in text.replace("\n  ", " ")] == []


def test_every_format_is_tried_with_another_statistic():
    (marker,) = test_another_statistic_is_in_every_format_and_in_the_note.pytestmark
    assert {format for format, _ in marker.args[1]} == set(FORMATS)
