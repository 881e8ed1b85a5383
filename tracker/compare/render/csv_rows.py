"""A table as CSV for other programs: one line a run, nothing rounded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from tracker.compare.cell_statistics import statistic_names
from tracker.compare.findings import Findings
from tracker.compare.rows import Row, arm_rows, pair_rows
from tracker.compare.table import DIFFERENCE, Table
from tracker.foreign_text import for_csv


def render_csv(table: Table, findings: Findings | None = None) -> str:
    """Return one line a run, with mean, statistics and number of runs of its arm.

    Differences follow under the mode `feature-extractor minus fine-tuning`, one line a pair; where
    the arms are not paired, one line a model without seed and value. With findings, more columns have
    intervals, tests and verdicts, and lines without a seed follow: each arm's other measures, and every other
    pair of modes.

    Args:
        table: The table.
        findings: What the answers of its networks say; None: not known.
    """
    columns = ["mode", "model", "metric", "at", "seed", "value", "mean", *statistic_names(), "n", "run_id"]
    if findings is not None:
        columns += _further_columns(table, findings)
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for row in (*_runs(table, findings), *_differences(table, findings), *_further(table, findings)):
        writer.writerow(for_csv({"metric": table.metric, "at": table.at, **row}))
    return text.getvalue()


def _further_columns(table: Table, findings: Findings) -> list[str]:
    rows = [*arm_rows(table, findings), *pair_rows(findings)]
    names = dict.fromkeys(name for row in rows for name in row)
    known = {
        "mode",
        "model",
        "metric",
        "at",
        "mean",
        "difference",
        "n",
        "first",
        "second",
        *statistic_names(),
    }
    return [name for name in names if name not in known]


def _further(table: Table, findings: Findings | None) -> Iterator[Mapping[str, object]]:
    yield from (row for row in arm_rows(table, findings) if row["metric"] != table.metric)
    for row in pair_rows(findings):
        if row["family"] != "main":
            yield {"mode": f"{row['first']} minus {row['second']}", "mean": row["difference"], **_kept(row)}


def _kept(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in ("first", "second", "difference")}


def _runs(table: Table, findings: Findings | None) -> Iterator[Mapping[str, object]]:
    own = {
        (row["mode"], row["model"]): row for row in arm_rows(table, findings) if row["metric"] == table.metric
    }
    for mode, model, cell in table.by_arm():
        found = own[mode, model] if findings is not None else {}
        arm = {**found, "mode": mode, "model": model, "mean": cell.mean, **cell.statistics, "n": cell.n}
        for seed, value in cell.values.items():
            yield {**arm, "seed": seed, "value": value, "run_id": cell.run_ids[seed]}


def _differences(table: Table, findings: Findings | None) -> Iterator[Mapping[str, object]]:
    tested = {row["model"]: _kept(row) for row in pair_rows(findings) if row["family"] == "main"}
    for model, difference in table.differences_by_model():
        arm = {**tested.get(model, {}), "mode": DIFFERENCE, "model": model, "mean": difference.mean}
        arm |= difference.statistics
        if not difference.paired:
            yield arm
        for seed, value in difference.values.items():
            yield {**arm, "seed": seed, "value": value, "n": len(difference.values)}
