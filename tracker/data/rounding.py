"""How many images of each class each part shall have, in whole numbers whose sums are exact."""

from __future__ import annotations

from collections.abc import Sequence

Table = list[list[int]]
Cell = tuple[int, int]


def target_table(class_counts: Sequence[int], part_counts: Sequence[int]) -> list[list[int]]:
    """Divide every class among the parts in proportion, by controlled rounding.

    Every cell is the exact proportion rounded up or down (Cox, "A constructive procedure for unbiased
    controlled rounding", JASA 82, 1987); where that leaves a part without a class, an image is
    exchanged if the numbers allow it.

    Args:
        class_counts: Images of each class.
        part_counts: Images of each part; the same sum.

    Returns:
        [class][part] whole numbers, with exactly these row and column sums.
    """
    total = sum(class_counts)
    # In units of 1/total, so that everything stays exact.
    table = [[row * column for column in part_counts] for row in class_counts]
    while cycle := _fractional_cycle(table, total):
        _shift(table, cycle, total)
    whole = [[value // total for value in row] for row in table]
    _fill_empty_cells(whole)
    return whole


def _fractional_cycle(table: Table, unit: int) -> list[Cell]:
    """Find a closed walk over cells that are not whole, along a row and along a column in turns.

    Row and column sums are whole, so a line with one such cell has a second: a walk can always go on,
    and closes when it comes to a line for the second time.
    """
    cells = [(i, j) for i, row in enumerate(table) for j, value in enumerate(row) if value % unit]
    if not cells:
        return []
    walk = [cells[0]]
    lines = [(0, walk[0][0])]
    while True:
        axis, index = lines[-1]
        walk.append(next(cell for cell in cells if cell[axis] == index and cell != walk[-1]))
        line = (1 - axis, walk[-1][1 - axis])
        if line in lines:
            return walk[lines.index(line) + 1 :]
        lines.append(line)


def _shift(table: Table, cycle: list[Cell], unit: int) -> None:
    """Add and take in turns along a cycle until a cell is whole, in the direction that needs less."""

    def room(adding: Sequence[Cell], taking: Sequence[Cell]) -> int:
        return min([unit - table[i][j] % unit for i, j in adding] + [table[i][j] % unit for i, j in taking])

    adding, taking = cycle[::2], cycle[1::2]
    if room(taking, adding) < room(adding, taking):
        adding, taking = taking, adding
    step = room(adding, taking)
    for i, j in adding:
        table[i][j] += step
    for i, j in taking:
        table[i][j] -= step


def _fill_empty_cells(table: Table) -> None:
    """Give a part without a class one of it, against one of another class of which it has several."""
    for row, cells in enumerate(table):
        for column, value in enumerate(cells):
            if value == 0:
                _exchange_into(table, row, column)


def _exchange_into(table: Table, row: int, column: int) -> None:
    for cells in table:
        for other, value in enumerate(table[row]):
            if cells[column] > 1 and value > 1:
                cells[column] -= 1
                table[row][other] -= 1
                cells[other] += 1
                table[row][column] += 1
                return
