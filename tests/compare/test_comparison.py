from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.answered import Answered
from tracker.compare.comparison import Comparison
from tracker.compare.render.numbers import interval_text, p_text, p_words, percent_text
from tracker.compare.rows import number
from tracker.compare.statistics.intervals import Interval
from tracker.compare.verdict import Kind
from tracker.errors import UsageError
from tracker.figures.labels import scale_of
from tracker.records import NotSent

FE, FT = "feature-extractor", "fine-tuning"


@pytest.fixture
def comparison(answered: Answered) -> Comparison:
    answered.arm(FE, "1" * 40, "1" * 38 + "00")
    answered.arm(FT, "10" * 20, "01" * 20)
    return answered.compare()


def test_a_notebook_gets_the_numbers_of_the_terminal_as_frames(comparison: Comparison) -> None:
    table, pairs = comparison.table, comparison.pairs
    own = table[table["metric"] == "test/accuracy"].set_index("mode")
    assert own.loc[FE, "mean"] == pytest.approx(0.975)
    assert own.loc[FE, "n"] == 2
    assert own.loc[FE, "interval_low"] < 0.975 < own.loc[FE, "interval_high"]
    assert own.loc[FE, "interval_over"] == "test images and seeds"
    assert {"test/auroc", "test/brier", "test/ece", "test/sensitivity_at_threshold"} < set(table["metric"])
    assert len(pairs) == 1
    row = pairs.iloc[0]
    assert row["difference"] == pytest.approx(0.475)
    assert (row["verdict"], row["better"]) == ("established", FE)
    assert comparison.verdict is not None
    assert comparison.verdict.kind is Kind.ESTABLISHED
    assert [one.pair.model for one in comparison.verdicts] == ["alexnet"]


def test_a_notebook_shows_table_and_verdict(comparison: Comparison) -> None:
    shown = comparison._repr_markdown_()
    assert "**Verdict: established." in shown
    assert "| feature-extractor | 97.5 ± 3.5 (" in shown
    assert repr(comparison) == comparison.render()


@pytest.mark.parametrize("format", ["table", "markdown", "latex", "html", "json"])
def test_what_is_not_sent_yet_is_told_beside_the_numbers(comparison: Comparison, format: str) -> None:
    assert "Incomplete" not in comparison.render(format)
    selection = replace(comparison.results.selection, unsent=NotSent(runs=3, records=31))
    lacking = replace(comparison, results=replace(comparison.results, selection=selection))
    told = " ".join(lacking.render(format).split())
    assert "Incomplete: this machine has not sent 31 records of 3 runs of this experiment yet" in told
    assert (lacking.unsent.runs, lacking.unsent.records) == (3, 31)
    assert "Incomplete" in "".join(text.get_text() for text in lacking.plot().texts)


def test_a_metric_of_other_images_has_no_verdict(answered: Answered) -> None:
    answered.arm(FE, "1" * 40)
    answered.arm(FT, "10" * 20)
    comparison = answered.compare("val/loss")
    assert comparison.findings is None
    assert (comparison.verdict, comparison.verdicts) == (None, ())
    assert comparison.pairs.empty
    assert len(comparison.table) == 2
    assert "No verdict: test images decide" in " ".join(comparison.render().split())


def test_recorded_values_that_are_not_those_of_the_answers_are_told(answered: Answered) -> None:
    answered.arm(FE, "1" * 40)
    assert "Recorded values" not in answered.compare().render()
    answered.runs[0].metrics["final/test/accuracy"] = 0.9  # type: ignore[index]
    assert "alexnet feature-extractor (90.0 and 100.0)" in " ".join(answered.compare().render().split())


@pytest.mark.parametrize("format", ["markdown", "latex", "html"])
def test_details_have_no_room_in_a_format_for_one_table(comparison: Comparison, format: str) -> None:
    with pytest.raises(UsageError, match="--details"):
        comparison.render(format, details=True)


def test_arms_are_drawn_with_their_intervals(comparison: Comparison, tmp_path: Path) -> None:
    axes = comparison.plot().axes[0]
    values = [line for line in axes.lines if len(line.get_xdata()) == 1]
    spans = [[float(y) for _, y in lines.get_segments()[0]] for lines in axes.collections]
    assert [line.get_ydata()[0] for line in values] == pytest.approx([97.5, 50.0])
    own = comparison.table.set_index(["metric", "mode"]).loc["test/accuracy"]
    ends = [[100 * own.loc[mode, f"interval_{end}"] for end in ("low", "high")] for mode in (FE, FT)]
    assert spans == [pytest.approx(each) for each in ends]
    assert axes.get_ylabel() == "Test accuracy (%)"
    written = {path.name for path in comparison.write_figures(tmp_path)}
    assert {"test-accuracy.arms.png", "test-accuracy.arms.svg"} < written
    assert {name for name in written if name.startswith("reliability")} == {
        "reliability.alexnet.png",
        "reliability.alexnet.svg",
    }


@pytest.mark.parametrize(
    ("p", "text", "words"),
    [
        (None, "–", "p = –"),
        (0.0004, "<0.001", "p < 0.001"),
        (0.0234, "0.023", "p = 0.023"),
        (0.5, "0.50", "p = 0.50"),
        (1.0, "1.00", "p = 1.00"),
    ],
)
def test_p_values_are_written_as_journals_print_them(p: float | None, text: str, words: str) -> None:
    assert (p_text(p), p_words(p)) == (text, words)


def test_intervals_and_shares_are_written_for_people() -> None:
    assert interval_text(Interval(-0.012, 0.2), scale_of("test/accuracy"), sign=True) == "−1.2 to +20.0"
    assert interval_text(None, scale_of("test/accuracy")) == ""
    assert [percent_text(share) for share in (0.0001, 0.034, 0.44, 0.9999)] == [
        "<0.1 %",
        "3.4 %",
        "44 %",
        ">99.9 %",
    ]
    assert [number(value) for value in (None, 0.5, math.inf, math.nan)] == [None, 0.5, None, None]
