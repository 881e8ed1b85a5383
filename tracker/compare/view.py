"""A further view of a comparison: one table in groups, what follows from it, and its numbers in full."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Value = str | float | int | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a view.

    Attributes:
        title: What stands above it.
        align: Words begin at the left, numbers end at the right.
    """

    title: str
    align: Literal["left", "right"] = "right"


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together.

    Attributes:
        title: What they are of, such as a model.
        rows: A text for each column.
    """

    title: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, repr=False)
class View:
    """A further view of a comparison.

    Attributes:
        name: What it is called in files: `paper`, `depth`, `curve` or `external`.
        title: What its table shows.
        columns: The columns of the table.
        groups: The rows of the table.
        conclusions: What follows from it, a sentence or two each.
        notes: How its numbers are to be read.
        records: Its numbers, nothing rounded: a row each, all with the same keys.
        draw: Draws it.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    conclusions: tuple[str, ...]
    notes: tuple[str, ...]
    records: tuple[Mapping[str, Value], ...]
    draw: Callable[[], Figure]

    @property
    def table(self) -> pd.DataFrame:
        """The numbers, nothing rounded: a row each."""
        import pandas as pd

        return pd.DataFrame(list(self.records))

    def plot(self) -> Figure:
        """Draw the view."""
        return self.draw()

    def __repr__(self) -> str:
        return self.title
