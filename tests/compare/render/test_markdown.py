from __future__ import annotations

from tracker.compare.render.markdown import render_markdown
from tracker.compare.selection import select_runs
from tracker.compare.table import build_table


def test_missing_arms_and_unequal_numbers_of_runs_are_shown(make_run):
    runs = [make_run(accuracy=0.5), make_run(seed=1, accuracy=0.7), make_run("resnet18", "fine-tuning")]
    lines = render_markdown(build_table(select_runs(runs))).splitlines()
    assert "| feature-extractor | 60.0 ± 14.1 (2) | – |" in lines
    assert "| fine-tuning | – | 75.0 (1) |" in lines


def test_a_difference_that_rounds_to_nothing_has_no_sign(make_run):
    runs = [make_run(accuracy=0.5), make_run(mode="fine-tuning", accuracy=0.5 + 1e-9)]
    assert "| feature-extractor minus fine-tuning | 0.0 |" in render_markdown(build_table(select_runs(runs)))


def test_markdown_cells_cannot_break_the_table(make_run):
    text = render_markdown(build_table(select_runs([make_run("a|b")])))
    assert r"| mode | a\|b |" in text
