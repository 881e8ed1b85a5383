"""A metric against the size of the training part: a panel a model, a line a mode."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from tracker.figures.labels import order_models, order_modes, paper_mode, paper_model, scale_of
from tracker.figures.marks import MARKERS, axis_name, finish, legend_columns
from tracker.figures.style import LineStyle, figure_style, line_style, new_figure

_PANEL_WIDTH, _HEIGHT = 2.9, 2.9
_LEAST_WIDTH = 4.0
_COLUMNS, _CLOSE = 3, 1.35
_DODGE = 0.012


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One arm at one size.

    Attributes:
        model: Its model.
        mode: Its mode.
        size: How many patients (or images) were trained on.
        value: What it reached, as recorded.
        low: The lower end of the interval; None where there is none.
        high: The upper end.
    """

    model: str
    mode: str
    size: int
    value: float
    low: float | None = None
    high: float | None = None


@figure_style()
def learning_curves(
    points: Sequence[CurvePoint], *, metric: str, unit: str, note: str = "", synthetic: bool = False
) -> Figure:
    """Draw learning curves, the size on a logarithmic axis.

    Args:
        points: The arms at all sizes.
        metric: What they are of, such as `test/accuracy`.
        unit: What the size counts, such as `patients`.
        note: What the intervals hold.
        synthetic: Whether a program drew the images.
    """
    models, modes = order_models(point.model for point in points), order_modes(point.mode for point in points)
    columns = min(len(models), _COLUMNS)
    rows = math.ceil(len(models) / columns)
    figure = new_figure(max(_LEAST_WIDTH, _PANEL_WIDTH * columns), _HEIGHT * rows)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(models) :]:
        axes.set_visible(False)
    for axes, model in zip(grid.flat, models, strict=False):
        _draw_model(axes, [point for point in points if point.model == model], modes, scale_of(metric).factor)
        axes.set_title(paper_model(model))
        axes.tick_params(labelbottom=True)
        axes.set_xlabel(f"Training {unit}")
    _place_ticks(grid.flat[0], [point.size for point in points])
    for axes in grid[:, 0]:
        axes.set_ylabel(axis_name(metric))
    last = grid.flat[min(columns, len(models)) - 1]
    _add_legend(figure, modes)
    finish(figure, last, columns=0, note=note, synthetic=synthetic)
    return figure


def _style(number: int) -> tuple[LineStyle, str]:
    return line_style(number), MARKERS[number % len(MARKERS)]


def _draw_model(axes: Axes, points: Sequence[CurvePoint], modes: Sequence[str], factor: float) -> None:
    for number, mode in enumerate(modes):
        own = sorted((point for point in points if point.mode == mode), key=lambda point: point.size)
        style, marker = _style(number)
        # Apart by a hair, as intervals at the same place would cover each other.
        aside = math.exp(_DODGE * (2 * number - len(modes) + 1))
        places, values = [point.size * aside for point in own], [factor * point.value for point in own]
        axes.plot(places, values, color=style.color, linestyle=style.dashes, marker=marker, ms=4)
        for place, point in zip(places, own, strict=True):
            if point.low is not None and point.high is not None:
                ends = (factor * point.low, factor * point.high)
                axes.vlines(place, *ends, color=style.color, linewidth=1, alpha=0.6, zorder=1)


def _place_ticks(axes: Axes, sizes: Sequence[int]) -> None:
    """Mark the sizes that there are, those that would stand on each other's numbers left out."""
    ticks: list[int] = []
    for size in sorted(set(sizes), reverse=True):
        if not ticks or ticks[-1] / size >= _CLOSE:
            ticks.append(size)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _add_legend(figure: Figure, modes: Sequence[str]) -> None:
    lines = [
        Line2D([], [], color=style.color, linestyle=style.dashes, marker=marker, ms=4)
        for style, marker in map(_style, range(len(modes)))
    ]
    names = [paper_mode(mode) for mode in modes]
    figure.legend(
        lines, names, loc="outside upper left", ncols=legend_columns(figure, names, _COLUMNS), frameon=False
    )
