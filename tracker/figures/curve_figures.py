"""Curves drawn: one figure a mode, one line a model, labels at the lines' ends."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator

from tracker.figures.curves import Curve, curves_by_mode
from tracker.figures.labels import paper_mode, paper_model, scale_of, title_of
from tracker.figures.style import PALE, LineStyle, figure_style, line_styles, new_axes
from tracker.records import RunRecord

_WIDTH, _HEIGHT = 4.5, 3.0
_LABEL_GAP = 0.055


@figure_style()
def draw_curves(runs: Sequence[RunRecord], metric: str) -> dict[str, Figure]:
    """Draw a metric by epoch, one figure a mode.

    The figures of one metric share their axes' ranges, so that modes can be compared by eye.

    Args:
        runs: The runs, with the metric's history; several seeds become a mean and a band.
        metric: The metric, such as `train/loss`.

    Returns:
        The figures by mode.
    """
    by_mode = curves_by_mode(runs, metric)
    all_curves = [curve for curves in by_mode.values() for curve in curves.values()]
    styles = line_styles(run.arm.model for run in runs)
    figures = {mode: _figure(mode, metric, curves, all_curves, styles) for mode, curves in by_mode.items()}
    if any(run.is_synthetic for run in runs):
        for figure in figures.values():
            figure.axes[0].set_title("synthetic images", loc="right", fontsize=6.5, color=PALE)
    return figures


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


def _figure(
    mode: str,
    metric: str,
    curves: Mapping[str, Curve],
    all_curves: Sequence[Curve],
    styles: Mapping[str, LineStyle],
) -> Figure:
    figure, axes = new_axes(_WIDTH, _HEIGHT)
    for model, curve in curves.items():
        _draw(axes, model, curve, styles[model])
    _set_ranges(axes, metric, all_curves)
    _label_ends(axes, curves, styles)
    _explain_band(figure, curves.values())
    axes.set_title(paper_mode(mode))
    axes.set_xlabel("Epoch")
    axes.set_ylabel(_axis_name(metric))
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    return figure


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


def _explain_band(figure: Figure, curves: Iterable[Curve]) -> None:
    seeds = sorted({len(curve.seeds) for curve in curves})
    if seeds[-1] == 1:
        return
    number = f"{seeds[-1]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    text = f"Line: mean over {number} seeds. Band: lowest to highest."
    figure.supxlabel(text, fontsize=6.5, color=PALE)


def _axis_name(metric: str) -> str:
    name, unit = title_of(metric), scale_of(metric).unit
    remark = unit or ("cross-entropy" if metric.endswith("/loss") else "")
    return f"{name[0].upper()}{name[1:]}{f' ({remark})' if remark else ''}"
