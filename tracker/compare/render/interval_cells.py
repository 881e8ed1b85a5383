"""What stands below the cells of a table: the interval of each, and the p-values of the differences."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.compare.findings import Findings
from tracker.compare.render.cells import cell_texts, difference_texts
from tracker.compare.render.numbers import interval_text, p_text
from tracker.compare.table import DIFFERENCE, Table
from tracker.figures.labels import scale_of
from tracker.records import Arm


def arm_intervals(table: Table, findings: Findings, mode: str) -> list[str]:
    """Return the interval of each model in a mode; empty where there is none."""
    scale, found = scale_of(table.metric), (findings.interval_of(Arm(model, mode)) for model in table.models)
    return [interval_text(interval, scale) for interval in found]


def difference_intervals(table: Table, findings: Findings) -> list[str]:
    """Return the interval of each model's difference; empty where there is none."""
    scale, found = scale_of(table.metric), map(findings.main_of, table.models)
    return [interval_text(one.pair.basis.interval if one else None, scale, sign=True) for one in found]


def p_label(findings: Findings) -> str:
    """Return what the line of p-values is called."""
    return "p (Holm)" if len(findings.main) > 1 else "p"


def p_texts(table: Table, findings: Findings) -> list[str]:
    """Return the p-value of each model's difference, corrected for the number of models."""
    found = map(findings.main_of, table.models)
    return [p_text(one.adjusted_p) if one else "–" for one in found]


def rows_of(table: Table, findings: Findings | None) -> list[list[str]]:
    """Return the rows of a table whose cells hold their intervals in brackets, each with its label first.

    Args:
        table: The table.
        findings: What the answers of its networks say; None: not known, so there are no intervals.
    """
    rows = []
    for row, cells in zip(table.rows, cell_texts(table), strict=True):
        below = arm_intervals(table, findings, row.mode) if findings else []
        rows.append([row.mode, *_with_brackets(list(map(str, cells)), below)])
    if table.differences:
        below = difference_intervals(table, findings) if findings else []
        rows.append([DIFFERENCE, *_with_brackets(list(map(str, difference_texts(table))), below)])
    if findings is not None and findings.main:
        rows.append([p_label(findings), *p_texts(table, findings)])
    return rows


def _with_brackets(cells: Sequence[str], below: Sequence[str]) -> list[str]:
    if not below:
        return list(cells)
    return [f"{cell} ({under})" if under else cell for cell, under in zip(cells, below, strict=True)]
