"""The cells of a table as people read them: a mean, its statistics, a number of runs."""

from __future__ import annotations

from typing import NamedTuple

from tracker.compare.cell_statistics import format_statistics
from tracker.compare.table import Cell, Difference, Table
from tracker.figures.labels import Scale, scale_of


class CellText(NamedTuple):
    """A cell in two parts, so that the means of a column can stand under each other.

    Attributes:
        mean: The mean.
        rest: What follows it, such as ` ± 1.2 (3)`.
    """

    mean: str
    rest: str = ""

    def __str__(self) -> str:
        return f"{self.mean}{self.rest}"


NOTHING = CellText("–")
"""The cell of an arm without runs."""


def cell_texts(table: Table) -> list[list[CellText]]:
    """Return the cells of every mode; where arms differ in their number of runs, with that number."""
    scale = scale_of(table.metric)
    counted = len({cell.n for cell in table.cells}) > 1
    return [[_cell(cell, scale, counted=counted) for cell in row.cells] for row in table.rows]


def difference_texts(table: Table) -> list[CellText]:
    """Return the differences, their means with a sign; empty where the table has none."""
    scale = scale_of(table.metric)
    return [_difference(difference, scale) for difference in table.differences]


def _cell(cell: Cell | None, scale: Scale, *, counted: bool) -> CellText:
    if cell is None:
        return NOTHING
    number = f" ({cell.n})" if counted else ""
    return CellText(scale.write(cell.mean), format_statistics(cell.statistics, scale.write) + number)


def _difference(difference: Difference | None, scale: Scale) -> CellText:
    if difference is None:
        return NOTHING
    return CellText(
        scale.write(difference.mean, sign=True), format_statistics(difference.statistics, scale.write)
    )
