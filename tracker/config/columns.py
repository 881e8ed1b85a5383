"""What a user says of the columns of a table: `path=filename` and the like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

COLUMN_NAMES = ("path", "label", "patient", "split")
"""What tracker calls the columns that it reads."""


def column_mapping(said: Sequence[str]) -> dict[str, str]:
    """Return the column that each name stands for.

    Args:
        said: Valid pairs, such as `path=filename`.
    """
    return {name.strip(): column.strip() for name, _, column in (one.partition("=") for one in said)}


def _as_pairs(value: object) -> object:
    """Accept one pair, and a mapping as YAML and Python have it."""
    if isinstance(value, Mapping):
        return [f"{name}={column}" for name, column in value.items()]
    return [value] if isinstance(value, str) else value


def _check(said: tuple[str, ...]) -> tuple[str, ...]:
    """Return valid pairs in one order.

    Raises:
        ValueError: Some are not valid.
    """
    for one in said:
        name, equals, column = (piece.strip() for piece in one.partition("="))
        if name not in COLUMN_NAMES or not equals or not column:
            raise ValueError(
                f"must be NAME=COLUMN, with one of {', '.join(COLUMN_NAMES)} as its name, got {one!r}"
            )
    twice = [
        name for name, count in Counter(one.partition("=")[0].strip() for one in said).items() if count > 1
    ]
    if twice:
        raise ValueError(f"must name one column each, got several for {', '.join(twice)}")
    return tuple(sorted(f"{name}={column}" for name, column in column_mapping(said).items()))


Columns = Annotated[tuple[str, ...], BeforeValidator(_as_pairs), AfterValidator(_check)]
