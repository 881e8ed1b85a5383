from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest

from tracker.compare.render.formats import FORMATS, render
from tracker.compare.render.latex import escape
from tracker.compare.selection import select_runs
from tracker.compare.table import build_table
from tracker.errors import UsageError

GOLDEN = Path(__file__).parent / "golden"
ENDINGS = {"table": "txt", "markdown": "md", "csv": "csv", "json": "json", "latex": "tex"}


@pytest.fixture
def table(reference_runs, make_run):
    return build_table(select_runs([*reference_runs, make_run(seed=3, status="FAILED")]))


@pytest.mark.parametrize("format", FORMATS)
def test_the_reference_study_is_written_as_it_was_looked_at(table, format):
    golden = GOLDEN / f"reference.{ENDINGS[format]}"
    assert render(table, format) == golden.read_text(encoding="utf-8")


def test_an_unknown_format_is_refused_with_those_there_are(table):
    with pytest.raises(UsageError, match=r"'html'. Choose among table, markdown, csv, json, latex"):
        render(table, "html")


def test_many_models_go_on_in_further_blocks_that_fit_the_width(make_run):
    models = ["alexnet", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "densenet201"]
    modes = ["feature-extractor", "freeze:features.denseblock4", "fine-tuning"]
    runs = [make_run(model, mode, seed) for model in models for mode in modes for seed in range(2)]
    runs.append(make_run(seed=7, status="FAILED"))
    text = render(build_table(select_runs(runs)), "table", width=80)
    assert max(map(len, text.splitlines())) <= 80
    headers = [line.split() for line in text.splitlines() if line.startswith(" " * 20)]
    assert len(headers) > 1
    shown = [model for header in headers for model in header]
    assert shown[:3] == ["alexnet", "resnet152", "densenet201"]
    assert sorted(shown) == sorted(models)
    assert text.count("minus fine-tuning ") == len(headers)


def test_three_models_fit_80_columns_in_one_block(make_run, reference_runs):
    runs = [*reference_runs, make_run(seed=3, accuracy=0.7)]
    for metric in ("test/accuracy", "val/loss"):
        text = render(build_table(select_runs(runs), metric=metric), "table")
        assert max(map(len, text.splitlines())) <= 80
        assert text.count("alexnet") == 1


def test_missing_arms_and_unequal_numbers_of_runs_are_shown(make_run):
    runs = [make_run(accuracy=0.5), make_run(seed=1, accuracy=0.7), make_run("resnet18", "fine-tuning")]
    lines = render(build_table(select_runs(runs)), "markdown").splitlines()
    assert "| feature-extractor | 60.0 ± 14.1 (2) | – |" in lines
    assert "| fine-tuning | – | 75.0 (1) |" in lines


def test_a_loss_is_a_number_and_its_difference_has_no_points(make_run):
    runs = [make_run(accuracy=0.75), make_run(mode="fine-tuning", accuracy=0.5)]
    table = build_table(select_runs(runs), metric="val/loss")
    assert "minus fine-tuning   −0.2500" in render(table, "table")
    assert r"Difference & $-0.2500$ \\" in render(table, "latex")
    assert "percentage points" not in render(table, "table")


def test_a_difference_that_rounds_to_nothing_has_no_sign(make_run):
    runs = [make_run(accuracy=0.5), make_run(mode="fine-tuning", accuracy=0.5 + 1e-9)]
    assert "| feature-extractor minus fine-tuning | 0.0 |" in render(
        build_table(select_runs(runs)), "markdown"
    )


def test_csv_and_json_hold_every_value_in_full(reference_runs, table):
    recorded = {
        (run.params["mode"], run.params["model"], run.params["seed"]): run.metrics["final/test/accuracy"]
        for run in reference_runs
    }
    lines = [
        line for line in csv.DictReader(io.StringIO(render(table, "csv"))) if "minus" not in line["mode"]
    ]
    assert {(line["mode"], line["model"], line["seed"]): float(line["value"]) for line in lines} == recorded
    cells = json.loads(render(table, "json"))["cells"]
    assert {
        (cell["mode"], cell["model"], seed): value for cell in cells for seed, value in cell["values"].items()
    } == recorded


def test_a_difference_without_pairs_is_one_line_of_csv(make_run):
    runs = [make_run(accuracy=0.75), make_run(mode="fine-tuning", seed=1, accuracy=0.5)]
    last = list(csv.DictReader(io.StringIO(render(build_table(select_runs(runs)), "csv"))))[-1]
    assert last == {
        "mode": "feature-extractor minus fine-tuning",
        "model": "alexnet",
        "metric": "test/accuracy",
        "at": "final",
        "seed": "",
        "value": "",
        "mean": "0.25",
        "sd": "",
        "n": "",
        "run_id": "",
    }


def test_json_stays_valid_when_a_value_is_no_number(make_run):
    content = json.loads(render(build_table(select_runs([make_run(accuracy=math.nan)])), "json"))
    assert content["cells"][0]["mean"] is None
    assert content["differences"] == []


def test_what_latex_would_read_as_a_command_is_printed():
    assert escape(r"a_b 5% & {x} \y ~^#$ ±") == (
        r"a\_b 5\% \& \{x\} \textbackslash{}y \textasciitilde{}\textasciicircum{}\#\$ $\pm$"
    )


def test_markdown_cells_cannot_break_the_table(make_run):
    text = render(build_table(select_runs([make_run("a|b")])), "markdown")
    assert r"| mode | a\|b |" in text


def test_latex_writes_the_names_of_papers_and_escapes_all_others(make_run):
    runs = [make_run("resnet18"), make_run("convnext_tiny", "freeze:layer_4")]
    text = render(build_table(select_runs(runs)), "latex")
    assert r"Mode & convnext\_tiny & ResNet-18 \\" in text
    assert r"Frozen before layer\_4 & $75.0$ & -- \\" in text
