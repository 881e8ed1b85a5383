"""Which images go to which part: first how many of each class a part is to have, then which groups.

Letters of shapes: G groups, K classes, P parts.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Matrix = list[list[int]]
"""[K][P] integers that are divided."""
_Index = tuple[int, int]
_Counts = NDArray[np.int64]

_EMPTY_CELL = 1000
"""What a part without a class costs, in images out of place."""
_MOST_KINDS = 128
"""How many kinds of groups of a part are tried in exchanges; of more, as many are drawn."""


def target_table(class_counts: Sequence[int], part_counts: Sequence[int]) -> _Matrix:
    """Divide every class among the parts in proportion, by controlled rounding.

    Every cell is the exact proportion rounded up or down (Cox, "A constructive procedure for unbiased
    controlled rounding", JASA 82, 1987); where that leaves a part without a class, an image is
    exchanged if the numbers allow it.

    Args:
        class_counts: [K] images of each class.
        part_counts: [P] images of each part; the same sum.

    Returns:
        [K][P] integers, with exactly these row and column sums.
    """
    total = sum(class_counts)
    # In units of 1/total, so that everything stays exact.
    table = [[row * column for column in part_counts] for row in class_counts]
    while cycle := _fractional_cycle(table, total):
        _shift(table, cycle, total)
    whole = [[value // total for value in row] for row in table]
    _fill_empty_cells(whole)
    return whole


def _fractional_cycle(table: _Matrix, unit: int) -> list[_Index]:
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


def _shift(table: _Matrix, cycle: list[_Index], unit: int) -> None:
    """Add and take in turns along a cycle until a cell is whole, in the direction that needs less."""

    def room(adding: Sequence[_Index], taking: Sequence[_Index]) -> int:
        return min([unit - table[i][j] % unit for i, j in adding] + [table[i][j] % unit for i, j in taking])

    adding, taking = cycle[::2], cycle[1::2]
    if room(taking, adding) < room(adding, taking):
        adding, taking = taking, adding
    step = room(adding, taking)
    for i, j in adding:
        table[i][j] += step
    for i, j in taking:
        table[i][j] -= step


def _fill_empty_cells(table: _Matrix) -> None:
    """Fill every part that lacks a class, by exchanging an image of another class of which it has several."""
    for row, cells in enumerate(table):
        for column, value in enumerate(cells):
            if value == 0:
                _exchange_into(table, row, column)


def _exchange_into(table: _Matrix, row: int, column: int) -> None:
    for cells in table:
        for other, value in enumerate(table[row]):
            if cells[column] > 1 and value > 1:
                cells[column] -= 1
                table[row][other] -= 1
                cells[other] += 1
                table[row][column] += 1
                return


def assign_groups(
    groups: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], *, seed: int
) -> list[int]:
    """Choose a part for each group, as near to the targets as whole groups allow.

    Large groups come first, each into a part drawn with probabilities in proportion to what the parts
    still need: so patients with many images are spread over the parts, and the small groups, which
    come last, fill the gaps. Then single groups are moved or exchanged while that helps.
    Groups of one image hit the targets exactly.

    Args:
        groups: [G, K] how many images of each class a group has.
        targets: [P, K] how many images of each class a part shall have; the same sums.
        seed: Of all random draws.

    Returns:
        [G] the place of each group's part.
    """
    vectors, wanted = np.array(groups, dtype=np.int64), np.array(targets, dtype=np.int64)
    part_of = _draw(vectors, wanted, random.Random(seed))
    _improve(vectors, wanted, part_of, random.Random(seed))
    return part_of


def _draw(vectors: _Counts, wanted: _Counts, rng: random.Random) -> list[int]:
    order = list(range(len(vectors)))
    rng.shuffle(order)
    sizes = vectors.sum(axis=1)
    order.sort(key=lambda group: -int(sizes[group]))
    needs = wanted.copy()
    part_of = [0] * len(vectors)
    for group in order:
        part_of[group] = _drawn_part(needs, vectors[group], rng)
        needs[part_of[group]] -= vectors[group]
    return part_of


def _drawn_part(needs: _Counts, vector: _Counts, rng: random.Random) -> int:
    need = needs @ vector
    fits = (needs >= vector).all(axis=1)
    if not fits.any():
        return int(np.argmax(need))
    return rng.choices(range(len(needs)), weights=[int(value) for value in need * fits])[0]


@dataclass(frozen=True, slots=True)
class _Exchange:
    """A group of part p for a group of part q; either may be missing, which is a move."""

    cost: int
    parts: tuple[int, int]
    groups: tuple[int | None, int | None]


def _improve(vectors: _Counts, wanted: _Counts, part_of: list[int], rng: random.Random) -> None:
    """Move or exchange groups, the best first, until no such step comes nearer to the targets."""
    while True:
        have = np.zeros_like(wanted)
        np.add.at(have, part_of, vectors)
        if (have == wanted).all():
            return
        pairs = [(p, q) for p in range(len(wanted)) for q in range(p + 1, len(wanted))]
        best = min(
            (
                _best_exchange(pair, have - wanted, wanted, vectors, _kinds(vectors, part_of, pair, rng))
                for pair in pairs
            ),
            key=lambda exchange: exchange.cost,
        )
        if best.cost >= 0:
            return
        for group, part in zip(best.groups, reversed(best.parts), strict=True):
            if group is not None:
                part_of[group] = part


def _kinds(
    vectors: _Counts, part_of: Sequence[int], parts: tuple[int, int], rng: random.Random
) -> tuple[list[int], list[int]]:
    """Pick one group of each of two parts for each different vector: others of its kind would do the same."""
    first, second = (
        list({vectors[group].tobytes(): group for group, its in enumerate(part_of) if its == part}.values())
        for part in parts
    )
    return _some(first, rng), _some(second, rng)


def _some(groups: list[int], rng: random.Random) -> list[int]:
    return groups if len(groups) <= _MOST_KINDS else rng.sample(groups, _MOST_KINDS)


def _best_exchange(
    parts: tuple[int, int],
    excess: _Counts,
    wanted: _Counts,
    vectors: _Counts,
    candidates: tuple[list[int], list[int]],
) -> _Exchange:
    p, q = parts
    nothing = np.zeros((1, vectors.shape[1]), dtype=np.int64)
    leaving, coming = (np.concatenate([nothing, vectors[groups]]) for groups in candidates)
    change = coming[None, :, :] - leaving[:, None, :]
    costs = _cost(excess[p] + change, wanted[p]) + _cost(excess[q] - change, wanted[q])
    i, j = (int(place) for place in np.unravel_index(int(np.argmin(costs)), costs.shape))
    out, back = candidates
    groups = (out[i - 1] if i else None, back[j - 1] if j else None)
    return _Exchange(int(costs[i, j] - costs[0, 0]), parts, groups)


def _cost(excess: _Counts, wanted: _Counts) -> _Counts:
    """Count images out of place, by class and over all; [..., K] to [...]."""
    empty = (excess <= -wanted) & (wanted > 0)
    cost = np.abs(excess).sum(axis=-1) + np.abs(excess.sum(axis=-1)) + _EMPTY_CELL * empty.sum(axis=-1)
    return np.asarray(cost, dtype=np.int64)
