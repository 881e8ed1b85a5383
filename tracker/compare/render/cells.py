"""One cell of a table as people read it: a mean, a deviation, a number of runs."""

from __future__ import annotations

from tracker.compare.table import Cell, Difference, Table
from tracker.figures.labels import Scale, scale_of

NOTHING = "–"

Written = tuple[str, str]
"""The mean, and what follows it."""


def written_rows(table: Table) -> list[list[Written]]:
    """Return the cells of every mode, as text."""
    scale = scale_of(table.metric)
    counted = len({cell.n for cell in table.cells}) > 1
    return [[_cell(cell, scale, counted=counted) for cell in row.cells] for row in table.rows]


def written_differences(table: Table) -> list[Written]:
    """Return the differences, as text with their signs; empty where the table has none."""
    scale = scale_of(table.metric)
    return [_difference(difference, scale) for difference in table.differences]


def _cell(cell: Cell | None, scale: Scale, *, counted: bool) -> Written:
    if cell is None:
        return NOTHING, ""
    return scale.write(cell.mean), _spread(cell.sd, scale) + (f" ({cell.n})" if counted else "")


def _difference(difference: Difference | None, scale: Scale) -> Written:
    if difference is None:
        return NOTHING, ""
    return scale.write(difference.mean, sign=True), _spread(difference.sd, scale)


def _spread(sd: float | None, scale: Scale) -> str:
    return "" if sd is None else f" ± {scale.write(sd)}"
