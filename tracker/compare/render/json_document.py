"""A table as JSON for other programs: every run's value, nothing rounded; what is no number is null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from tracker.compare.findings import Findings
from tracker.compare.render.conclusions import verdict_lines
from tracker.compare.render.notes import footnotes
from tracker.compare.render.view_formats import view_content
from tracker.compare.rows import arm_rows, number, pair_rows
from tracker.compare.table import DIFFERENCE, Cell, Difference, Table
from tracker.compare.trials import TrialsByStudy
from tracker.compare.view import View
from tracker.foreign_text import as_json


def render_json(
    table: Table,
    findings: Findings | None = None,
    trials: TrialsByStudy | None = None,
    views: Sequence[View] = (),
) -> str:
    """Return the table with its notes, the runs that are not in it, and what else there is.

    Args:
        table: The table.
        findings: What the answers of its networks say: measures, pairs and verdict; None: not known.
        trials: The trials of studies; None: not asked for.
        views: Further views, by their names.
    """
    content: dict[str, object] = {
        "metric": table.metric,
        "at": table.at,
        "split_digest": table.selection.split_digest,
        "cells": [{"mode": mode, "model": model, **_cell(cell)} for mode, model, cell in table.by_arm()],
        "differences": [
            {"mode": DIFFERENCE, "model": model, **_difference(difference)}
            for model, difference in table.differences_by_model()
        ],
        **(_findings(table, findings) if findings is not None else {}),
        **({"views": {view.name: view_content(view) for view in views}} if views else {}),
        "not_sent": asdict(table.selection.unsent),
        "notes": footnotes(table, findings),
        "not_in_the_table": [asdict(entry) for entry in table.selection.excluded],
    }
    if trials is not None:
        content["trials"] = [asdict(trial) for some in trials.values() for trial in some]
    return as_json(content) + "\n"


def _findings(table: Table, findings: Findings) -> dict[str, object]:
    decided = findings.overall
    return {
        "measures": list(arm_rows(table, findings)),
        "pairs": list(pair_rows(findings)),
        "verdict": {
            "kind": str(decided.kind) if decided else None,
            "better": (decided.better or None) if decided else None,
            "text": verdict_lines(table, findings),
        },
    }


def _cell(cell: Cell) -> dict[str, object]:
    return {
        "n": cell.n,
        **_numbers({"mean": cell.mean, **cell.statistics}),
        "values": _numbers(cell.values),
        "runs": dict(cell.run_ids),
    }


def _difference(difference: Difference) -> dict[str, object]:
    return {
        **_numbers({"mean": difference.mean, **difference.statistics}),
        "paired": difference.paired,
        "values": _numbers(difference.values),
    }


def _numbers(values: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: number(value) for name, value in values.items()}
