"""A table as CSV for other programs: one line a run, nothing rounded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from tracker.compare.cell_statistics import statistic_names
from tracker.compare.table import DIFFERENCE, Table


def render_csv(table: Table) -> str:
    """Return one line a run, with mean, statistics and number of runs of its arm.

    Differences follow under the mode `feature-extractor minus fine-tuning`, one line a pair; where
    the arms are not paired, one line a model without seed and value.
    """
    columns = ["mode", "model", "metric", "at", "seed", "value", "mean", *statistic_names(), "n", "run_id"]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for row in (*_runs(table), *_differences(table)):
        writer.writerow({"metric": table.metric, "at": table.at, **row})
    return text.getvalue()


def _runs(table: Table) -> Iterator[Mapping[str, object]]:
    for mode, model, cell in table.by_arm():
        arm = {"mode": mode, "model": model, "mean": cell.mean, **cell.statistics, "n": cell.n}
        for seed, value in cell.values.items():
            yield {**arm, "seed": seed, "value": value, "run_id": cell.run_ids[seed]}


def _differences(table: Table) -> Iterator[Mapping[str, object]]:
    for model, difference in table.differences_by_model():
        arm = {"mode": DIFFERENCE, "model": model, "mean": difference.mean, **difference.statistics}
        if not difference.paired:
            yield arm
        for seed, value in difference.values.items():
            yield {**arm, "seed": seed, "value": value, "n": len(difference.values)}
