"""Curves drawn: one figure a mode and one of all modes, one line a model."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator

from tracker.figures.curves import Curve, curves_by_mode
from tracker.figures.labels import capitalized, order_modes, paper_mode, paper_model, scale_of, title_of
from tracker.figures.style import PALE, LineStyle, figure_style, line_styles, new_axes, new_figure
from tracker.records import RunRecord

_WIDTH, _HEIGHT = 4.5, 3.0
_PANEL_WIDTH, _PANEL_HEIGHT = 3.2, 2.5
_LEGEND_COLUMNS, _LEGEND_LINE = 4, 0.18
_LONGEST_TITLE, _LONGEST_PANEL_TITLE = 48, 30
_PANEL_GAP = 0.06
_LABEL_GAP = 0.055
_NOTE_SIZE = 6.5


@figure_style()
def draw_curves(runs: Sequence[RunRecord], metric: str) -> dict[str, Figure]:
    """Draw a metric by epoch, one figure a mode.

    The figures of one metric have the same axes at the same place, so that two of them can be laid side by
    side.

    Args:
        runs: The runs, with the metric's history; several seeds become a mean and a band.
        metric: The metric, such as `train/loss`.

    Returns:
        The figures by mode.
    """
    by_mode = curves_by_mode(runs, metric)
    styles = line_styles(run.arm.model for run in runs)
    figures = {}
    for mode, curves in by_mode.items():
        figures[mode], axes = new_axes(_WIDTH, _HEIGHT)
        _draw_mode(axes, metric, curves, _all(by_mode), styles)
        axes.set_title(_short_enough(paper_mode(mode), _LONGEST_TITLE))
        _label_ends(axes, curves, styles)
        if band := _band_text(curves.values()):
            figures[mode].supxlabel(band, fontsize=_NOTE_SIZE, color=PALE)
        axes.set_ylabel(_axis_name(metric))
        _mark_synthetic(axes, runs)
    _align(figures.values())
    return figures


@figure_style()
def draw_modes_together(runs: Sequence[RunRecord], metric: str) -> Figure | None:
    """Draw a metric by epoch, all modes in one figure, each in axes of its own with one scale.

    Args:
        runs: The runs, with the metric's history.
        metric: The metric, such as `train/loss`.

    Returns:
        The figure; None where fewer than two modes have the metric.
    """
    by_mode = curves_by_mode(runs, metric)
    if len(by_mode) < 2:
        return None
    columns = 2 if len(by_mode) in (2, 4) else 3
    rows = math.ceil(len(by_mode) / columns)
    styles = line_styles(run.arm.model for run in runs)
    models = [model for model in styles if any(model in curves for curves in by_mode.values())]
    lines = 1 + math.ceil(len(models) / _LEGEND_COLUMNS)
    figure = new_figure(_PANEL_WIDTH * columns, _PANEL_HEIGHT * rows + _LEGEND_LINE * lines)
    # Otherwise the last epoch of one mode and the first of the next one are one number.
    figure.set_layout_engine("constrained", wspace=_PANEL_GAP)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(by_mode) :]:
        axes.set_visible(False)
    for axes, mode in zip(grid.flat, order_modes(by_mode), strict=False):
        _draw_mode(axes, metric, by_mode[mode], _all(by_mode), styles)
        axes.set_title(_short_enough(paper_mode(mode), _LONGEST_PANEL_TITLE))
        axes.tick_params(labelbottom=True)
    for axes in grid[:, 0]:
        axes.set_ylabel(_axis_name(metric))
    _mark_synthetic(grid[0, columns - 1], runs)
    _add_legend(figure, models, styles, note=_band_text(_all(by_mode)))
    return figure


def spread_apart(places: Sequence[float], gap: float) -> list[float]:
    """Return the places moved as little as needed to lie at least a gap apart, within 0 to 1.

    Args:
        places: Places between 0 and 1, in any order.
        gap: The smallest distance of two neighbors.
    """
    order = np.argsort(places, kind="stable")
    apart = np.clip(np.asarray(places, dtype=float)[order], 0, 1)
    steps = gap * np.arange(len(apart))
    # Neighbors that are too close share their mean place: isotonic regression by pooling.
    pools: list[list[float]] = []
    for value in apart - steps:
        pools.append([value])
        while len(pools) > 1 and np.mean(pools[-2]) > np.mean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    pooled = np.array([np.mean(pool) for pool in pools for _ in pool])
    result = np.empty(len(apart))
    result[order] = np.clip(pooled, 0, max(0.0, 1 - steps[-1])) + steps
    return [float(place) for place in result]


def epoch_ticks(last: int) -> list[int]:
    """Return the epochs to mark on an axis: the first, the last and round ones between."""
    inner = [
        int(tick)
        for tick in MaxNLocator(6, steps=[1, 2, 5, 10], integer=True).tick_values(1, last)
        if 1 < tick < last
    ]
    gap = last / 12
    return sorted({1, last, *(tick for tick in inner if tick - 1 > gap and last - tick > gap)})


def _all(by_mode: Mapping[str, Mapping[str, Curve]]) -> list[Curve]:
    return [curve for curves in by_mode.values() for curve in curves.values()]


def _draw_mode(
    axes: Axes,
    metric: str,
    curves: Mapping[str, Curve],
    all_curves: Sequence[Curve],
    styles: Mapping[str, LineStyle],
) -> None:
    for model, curve in curves.items():
        _draw(axes, model, curve, styles[model])
    _set_ranges(axes, metric, all_curves)
    axes.set_xlabel("Epoch")
    axes.grid(axis="y")
    axes.set_axisbelow(True)


def _short_enough(title: str, longest: int) -> str:
    """Cut a title that is wider than axes in the middle: the ends of nodes differ."""
    half = longest // 2
    return title if len(title) <= longest else f"{title[:half].rstrip()} … {title[-half:].lstrip()}"


def _mark_synthetic(axes: Axes, runs: Sequence[RunRecord]) -> None:
    if any(run.is_synthetic for run in runs):
        axes.set_title("synthetic images", loc="right", fontsize=_NOTE_SIZE, color=PALE)


def _align(figures: Collection[Figure]) -> None:
    """Give all figures the axes that fit into each of them."""
    for figure in figures:
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
    boxes = [figure.axes[0].get_position() for figure in figures]
    if boxes:
        left, bottom = (max(side) for side in zip(*((box.x0, box.y0) for box in boxes), strict=True))
        right, top = (min(side) for side in zip(*((box.x1, box.y1) for box in boxes), strict=True))
        for figure in figures:
            figure.axes[0].set_position((left, bottom, right - left, top - bottom))


def _add_legend(figure: Figure, models: Sequence[str], styles: Mapping[str, LineStyle], *, note: str) -> None:
    lines = [Line2D([], [], color=styles[model].color, linestyle=styles[model].dashes) for model in models]
    names = [paper_model(model) for model in models]
    columns = min(len(models), _LEGEND_COLUMNS)
    # Below the axes: inside, it would cover curves.
    legend = figure.legend(
        lines,
        names,
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        title=note or None,
        title_fontsize=_NOTE_SIZE,
    )
    legend.get_title().set_color(PALE)


def _draw(axes: Axes, model: str, curve: Curve, style: LineStyle) -> None:
    # A line through one epoch would be invisible.
    marker = "o" if len(curve.epochs) == 1 else ""
    axes.plot(
        curve.epochs, curve.mean, color=style.color, linestyle=style.dashes, marker=marker, ms=3, label=model
    )
    if len(curve.epochs) == 1:
        axes.vlines(curve.epochs, curve.low, curve.high, color=style.color, alpha=0.4, linewidth=3)
    elif len(curve.seeds) > 1:
        axes.fill_between(curve.epochs, curve.low, curve.high, color=style.color, alpha=0.15, linewidth=0)


def _set_ranges(axes: Axes, metric: str, curves: Sequence[Curve]) -> None:
    lowest = min(float(curve.low.min()) for curve in curves)
    highest = max(float(curve.high.max()) for curve in curves)
    last = max(int(curve.epochs[-1]) for curve in curves)
    axes.set_xlim(*((1, last) if last > 1 else (0.5, 1.5)))
    axes.xaxis.set_major_locator(FixedLocator(epoch_ticks(last)))
    if scale_of(metric).unit == "%":
        axes.set_ylim(max(0, 10 * math.floor((lowest - 1) / 10)), 100)
    else:
        axes.set_ylim(min(0.0, lowest), highest * 1.05 or 1)


def _label_ends(axes: Axes, curves: Mapping[str, Curve], styles: Mapping[str, LineStyle]) -> None:
    low, high = axes.get_ylim()
    ends = [(float(curve.mean[-1]) - low) / (high - low) for curve in curves.values()]
    for model, place in zip(curves, spread_apart(ends, _LABEL_GAP), strict=True):
        color, dashes = styles[model]
        sample = ([1.015, 1.09], [place, place])
        axes.plot(*sample, color=color, linestyle=dashes, transform=axes.transAxes, clip_on=False)
        axes.text(1.105, place, paper_model(model), color=color, va="center", transform=axes.transAxes)


def _band_text(curves: Iterable[Curve]) -> str:
    runs = [curve.seeds for curve in curves]
    numbers = sorted(set(map(len, runs)))
    if numbers[-1] == 1:
        return ""
    number = f"{numbers[-1]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
    what = "runs" if any("fold" in one for seeds in runs for one in seeds) else "seeds"
    return f"Line: mean over {number} {what}. Band: lowest to highest."


def _axis_name(metric: str) -> str:
    name, unit = title_of(metric), scale_of(metric).unit
    remark = unit or ("cross-entropy" if metric.endswith("/loss") else "")
    return f"{capitalized(name)}{f' ({remark})' if remark else ''}"
