"""A table as data for other programs: nothing rounded, every run's value."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from tracker.compare.render.notes import footnotes
from tracker.compare.table import DIFFERENCE, Cell, Difference, Table
from tracker.compare.trials import TrialsByStudy, trials_json

_COLUMNS = ("mode", "model", "metric", "at", "seed", "value", "mean", "sd", "n", "run_id")


def render_csv(table: Table) -> str:
    """Return one line a run, with mean, standard deviation and number of runs of its arm.

    Differences follow under the mode `feature-extractor minus fine-tuning`, one line a pair; where
    the arms are not paired, one line a model without seed and value.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for line in _lines(table):
        writer.writerow({"metric": table.metric, "at": table.at, **line})
    return text.getvalue()


def render_json(table: Table, trials: TrialsByStudy | None = None) -> str:
    """Return the table with its notes and the runs that are not in it; a value that is no number is null."""
    content = {
        "metric": table.metric,
        "at": table.at,
        "split_digest": table.selection.split_digest,
        "cells": [{"mode": mode, "model": model, **_cell(cell)} for mode, model, cell in _filled(table)],
        "differences": [
            {"mode": DIFFERENCE, "model": model, **_difference(difference)}
            for model, difference in zip(
                table.models, table.differences or [None] * len(table.models), strict=True
            )
            if difference is not None
        ],
        "notes": footnotes(table),
        "not_in_the_table": [asdict(entry) for entry in table.selection.excluded],
        **({} if trials is None else {"trials": trials_json(trials)}),
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _lines(table: Table) -> Iterator[dict[str, object]]:
    for mode, model, cell in _filled(table):
        arm = {"mode": mode, "model": model, "mean": cell.mean, "sd": cell.sd, "n": cell.n}
        for seed, value in cell.values.items():
            yield {**arm, "seed": seed, "value": value, "run_id": cell.run_ids[seed]}
    for model, difference in zip(table.models, table.differences, strict=False):
        if difference is not None:
            arm = {"mode": DIFFERENCE, "model": model, "mean": difference.mean, "sd": difference.sd}
            pairs = [
                {"seed": seed, "value": value, "n": len(difference.values)}
                for seed, value in difference.values.items()
            ]
            yield from ({**arm, **pair} for pair in pairs or [{}])


def _filled(table: Table) -> Iterator[tuple[str, str, Cell]]:
    for row in table.rows:
        for model, cell in zip(table.models, row.cells, strict=True):
            if cell is not None:
                yield row.mode, model, cell


def _cell(cell: Cell) -> dict[str, object]:
    return {
        "n": cell.n,
        "mean": _number(cell.mean),
        "sd": _number(cell.sd),
        "values": _numbers(cell.values),
        "runs": dict(cell.run_ids),
    }


def _difference(difference: Difference) -> dict[str, object]:
    return {
        "mean": _number(difference.mean),
        "sd": _number(difference.sd),
        "paired": difference.paired,
        "values": _numbers(difference.values),
    }


def _numbers(values: Mapping[str, float]) -> dict[str, float | None]:
    return {seed: _number(value) for seed, value in values.items()}


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
