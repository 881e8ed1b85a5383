"""Columns that say which images are for test, whatever their name and in whatever words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tracker.data.spellings import NOBODY
from tracker.data.tables.rows import SourceTable
from tracker.errors import DataError
from tracker.records import Part

PartNamed = Callable[[str], Part | None]
"""Returns the part of a split that a word means; None where it means none."""

_YES = frozenset(
    {*("1", "1.0", "true", "t", "yes", "y", "x", "wahr", "ja", "j", "vrai", "oui", "o"), *("si", "sí", "s")}
)
_NO = NOBODY | {
    *("", "0", "0.0", "false", "f", "no", "n", "falsch", "nein", "faux", "non", "falso"),
    *("other", "others", "rest"),
}
_MOST_WORDS = 1000
_BESIDE = frozenset({"is", "in", "for", "use", "used", "as", "flag", "only"})
"""Words beside that of the part in the name of a column such as `is_test`."""


def columns_with_parts(
    table: SourceTable, candidates: list[int], taken: Sequence[int], part_named: PartNamed
) -> list[int]:
    """Keep the column `split`, else every column, whatever its name, that says which images are for test.

    A part that is given must not be passed over; columns of other words, such as numbers of folds, are no
    split.

    Args:
        table: The table.
        candidates: Columns whose name is that of a split.
        taken: Columns that say something else.
        part_named: Knows the words for the parts.
    """
    if any(table.names[place].casefold() == "split" for place in candidates):
        return candidates
    chosen: list[int] = []
    for place in range(len(table.names)):
        if place in taken:
            continue
        words = set(table.column(place)) - {""}
        # Most columns end at their first word; they can have a million.
        says = any if place in candidates else all
        if len(words) > (place not in candidates) and says(part_named(word) for word in words):
            chosen.append(place)
    return chosen


def check_no_part_is_marked(table: SourceTable, taken: Sequence[int], part_named: PartNamed) -> None:
    """Ask about columns that tell the test part in words of their own, such as `is_test` with 0 and 1.

    Args:
        table: The table, which has no column that names the parts.
        taken: Columns that say something else.
        part_named: Knows the words for the parts.

    Raises:
        DataError: There are such columns; says what to do with them.
    """
    marking = {
        name: part
        for place, name in enumerate(table.names)
        if place not in taken and (part := _marked(name, table.column(place), part_named))
    }
    if marking:
        names, part = [*marking], next(iter(marking.values()))
        seem = "seems" if len(names) == 1 else "seem"
        raise DataError(
            f"{table.path} must say of every image whether it is train, val or test, or of none",
            but=f"{' and '.join(names)} {seem} to tell which are {part}, not in these words",
            do=f"Write train, val or test in every row of it and add --column split={quoted(names[0])}; "
            "if it is no part of a split, take the column out.",
        )


def quoted(name: str) -> str:
    """Return the name of a column as it is typed."""
    return name if re.fullmatch(r"[\w.-]+", name) else f"'{name}'"


def _marked(name: str, cells: Sequence[str], part_named: PartNamed) -> Part | None:
    """Return the part that a column marks; None where it marks none."""
    words = {cell.casefold() for cell in cells}
    said = words - _NO
    # A split has few words; a million patients are none.
    named = {part_named(word) for word in said} if len(said) <= _MOST_WORDS else {None}
    marks_by_name = bool(said) and said <= _YES
    parts = {_part_of_flag(name, part_named)} if marks_by_name else named
    if {"train", "test"} <= parts:
        return "test"
    part = parts.pop() if len(parts) == 1 else None
    # Of images that are all for training, nothing is passed over.
    return part if part == "test" or words & _NO else None


def _part_of_flag(name: str, part_named: PartNamed) -> Part | None:
    """Return the part that a name such as `is_test`, `inTestSet` or `Holdout` asks about."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = [word for word in re.split(r"[\W_]+", apart.casefold()) if word and word not in _BESIDE]
    return part_named(" ".join(words)) or part_named(re.sub(r"^(is|in)", "", "".join(words)))
