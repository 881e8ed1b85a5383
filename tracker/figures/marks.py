"""What figures with points and intervals share: their marks, the name of an axis, legend and remarks."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tracker.figures.labels import capitalized, title_with_unit
from tracker.figures.style import PALE

MARKERS = "osD^v<>p"
_NOTE_SIZE, _LETTER = 6.5, 0.052
_LEGEND_LETTER, _LEGEND_MARK = 0.06, 0.6


def axis_name(metric: str) -> str:
    """Return the name of the axis of a metric, with its unit."""
    return capitalized(title_with_unit(metric))


def legend_columns(figure: Figure, names: Sequence[str], most: int) -> int:
    """Return how many columns of a legend fit into a figure.

    Args:
        figure: The figure.
        names: What stands in the legend.
        most: The most columns that are wanted.
    """
    column = _LEGEND_MARK + _LEGEND_LETTER * max(map(len, names))
    return max(min(len(names), most, int(figure.get_figwidth() / column)), 1)


def finish(figure: Figure, axes: Axes, *, columns: int, note: str = "", synthetic: bool = False) -> None:
    """Add the grid, the legend above the axes, and what has to be said of a figure.

    Args:
        figure: The figure.
        axes: Its axes, or the last of them.
        columns: Of the legend; 0: there is none.
        note: What the intervals hold.
        synthetic: Whether a program drew the images.
    """
    for one in figure.axes:
        one.grid(axis="y")
        one.set_axisbelow(True)
    if columns:
        handles, names = figure.axes[0].get_legend_handles_labels()
        fitting = legend_columns(figure, names, columns)
        figure.legend(handles, names, loc="outside upper left", ncols=fitting, frameon=False)
    if note:
        letters = int(figure.get_figwidth() / _LETTER)
        figure.supxlabel("\n".join(textwrap.wrap(note, letters)), fontsize=_NOTE_SIZE, color=PALE)
    if synthetic:
        axes.set_title("synthetic images", loc="right", fontsize=_NOTE_SIZE, color=PALE, fontweight="normal")
