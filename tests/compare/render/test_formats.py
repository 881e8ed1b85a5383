from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.records import STUDY
from tracker.compare.render.formats import ENDINGS, FORMATS, format_of, render
from tracker.compare.selection import select_runs
from tracker.compare.table import build_table
from tracker.compare.trials import trials_by_study
from tracker.errors import UsageError

GOLDEN = Path(__file__).parent / "golden"
FILES = {"table": "txt", "markdown": "md", "csv": "csv", "json": "json", "latex": "tex", "html": "html"}


@pytest.fixture
def table(reference_runs, make_run):
    return build_table(select_runs([*reference_runs, make_run(seed=3, status="FAILED")]))


@pytest.mark.parametrize("format", FORMATS)
def test_the_reference_study_is_written_as_it_was_looked_at(table, format):
    golden = GOLDEN / f"reference.{FILES[format]}"
    assert render(table, format) == golden.read_text(encoding="utf-8")


def test_an_unknown_format_is_refused_with_those_there_are(table):
    with pytest.raises(UsageError, match=r"'pdf'. Choose among table, markdown, csv, json, latex, html"):
        render(table, "pdf")


@pytest.mark.parametrize(
    ("output", "asked", "format"),
    [
        (None, None, "table"),
        (None, "csv", "csv"),
        ("t.csv", None, "csv"),
        ("t.CSV", None, "csv"),
        ("a.b/t.x.tex", None, "latex"),
        ("t.md", None, "markdown"),
        ("t.json", "json", "json"),
        ("t.htm", None, "html"),
        ("t.txt", None, "table"),
        ("t.txt", "latex", "latex"),
        ("t", None, "table"),
        ("a.b/t", None, "table"),
        ("t", "csv", "csv"),
        ("t.dat", "csv", "csv"),
    ],
)
def test_a_file_has_the_format_that_its_name_says(output, asked, format):
    assert format_of(output and Path(output), asked) == format


@pytest.mark.parametrize(
    ("output", "asked", "part"),
    [
        ("t.xlsx", None, "must end with one of .txt"),
        ("t.pdf", None, "'t.pdf'"),
        ("t.2026", None, "--format"),
        ("t.csv", "latex", "latex and .csv, which is csv"),
        ("t.TEX", "table", "table and .tex, which is latex"),
    ],
)
def test_a_name_that_says_another_format_or_none_is_refused(output, asked, part):
    with pytest.raises(UsageError) as refused:
        format_of(Path(output), asked)
    assert part in str(refused.value)


def test_every_format_has_an_ending_of_its_own():
    assert set(ENDINGS.values()) == set(FORMATS)


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


def test_json_has_every_trial_and_a_format_for_one_table_has_none(make_run, make_study):
    runs = [make_run(), *make_study(t1=0.5, t2="KILLED")]
    table, trials = build_table(select_runs(runs)), trials_by_study(runs)
    content = json.loads(render(table, "json", trials=trials))
    assert [(one["number"], one["state"], one["objective"]) for one in content["trials"]] == [
        (1, "complete", 0.5),
        (2, "stopped early", None),
    ]
    assert "trials" not in json.loads(render(table, "json"))
    assert STUDY in render(table, "table", trials=trials)
    assert STUDY not in render(table, "table")
    with pytest.raises(UsageError, match="--include-trials"):
        render(table, "csv", trials=trials)


def test_the_names_of_the_formats_are_known_without_a_renderer_or_a_heavy_library():
    program = """
import sys
from tracker.compare.render.formats import FORMATS
from tracker.records import EPOCH_KINDS
heavy = {"matplotlib", "sklearn", "pandas", "numpy", "torch", "mlflow", "optuna", "rich"}
found = heavy & set(sys.modules) | {name for name in sys.modules if name.startswith("tracker.compare.table")}
sys.exit(", ".join(found) or None)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
