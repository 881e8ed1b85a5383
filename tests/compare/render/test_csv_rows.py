from __future__ import annotations

import csv
import io

from tracker.compare.render.csv_rows import render_csv
from tracker.compare.selection import select_runs
from tracker.compare.table import build_table


def test_a_difference_without_pairs_is_one_line_of_csv(make_run):
    runs = [make_run(accuracy=0.75), make_run(mode="fine-tuning", seed=1, accuracy=0.5)]
    last = list(csv.DictReader(io.StringIO(render_csv(build_table(select_runs(runs))))))[-1]
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
