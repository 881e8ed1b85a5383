"""What each arm reaches on its own test images and on external ones: a panel a model, a color a mode."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tracker.figures.labels import order_models, order_modes, paper_mode, paper_model, scale_of
from tracker.figures.marks import MARKERS, axis_name, finish
from tracker.figures.style import figure_style, line_style, new_figure

INTERNAL = "internal test"

_HEIGHT, _MARGIN, _PLACE, _NARROWEST = 3.0, 0.7, 0.75, 1.7
_DODGE, _NAME = 0.18, 11


@dataclass(frozen=True, slots=True)
class Place:
    """What one arm reaches on the images of one place.

    Attributes:
        model: Its model.
        mode: Its mode.
        place: What the images are called; `INTERNAL` are its own test images.
        value: What it reached, as recorded.
        low: The lower end of the interval; None where there is none.
        high: The upper end.
    """

    model: str
    mode: str
    place: str
    value: float
    low: float | None = None
    high: float | None = None


@figure_style()
def travel_figure(points: Sequence[Place], *, metric: str, note: str = "", synthetic: bool = False) -> Figure:
    """Draw what arms reach here and elsewhere, each arm's own test at the left.

    Args:
        points: The arms and places.
        metric: What they are of, such as `test/accuracy`.
        note: What the intervals hold.
        synthetic: Whether a program drew the images of the study.
    """
    models, modes = order_models(one.model for one in points), order_modes(one.mode for one in points)
    places = list(dict.fromkeys([INTERNAL, *(one.place for one in points)]))
    width = max(_NARROWEST, _PLACE * len(places))
    figure = new_figure(_MARGIN + width * len(models), _HEIGHT)
    grid = figure.subplots(1, len(models), sharey=True, squeeze=False)
    for axes, model in zip(grid[0], models, strict=True):
        for number, mode in enumerate(modes):
            own = {one.place: one for one in points if (one.model, one.mode) == (model, mode)}
            _draw(axes, own, places, number, len(modes), scale_of(metric).factor)
        axes.set_title(paper_model(model))
        axes.set_xticks(range(len(places)), ["\n".join(textwrap.wrap(name, _NAME)) for name in places])
        axes.set_xlim(-0.5, len(places) - 0.5)
        axes.tick_params(axis="x", length=0)
    grid[0][0].set_ylabel(axis_name(f"/{metric.rpartition('/')[2]}"))
    told = f"Internal test: synthetic images. {note}".strip() if synthetic else note
    finish(figure, grid[0][-1], columns=len(modes), note=told)
    return figure


def _draw(
    axes: Axes, own: dict[str, Place], places: Sequence[str], number: int, modes: int, factor: float
) -> None:
    color = line_style(number).color
    shift = _DODGE * (number - (modes - 1) / 2)
    at = {name: place + shift for place, name in enumerate(places)}
    for name, one in own.items():
        if one.low is not None and one.high is not None:
            axes.vlines(at[name], factor * one.low, factor * one.high, color=color, linewidth=1.2)
        if name != INTERNAL and INTERNAL in own:
            ends = [factor * own[INTERNAL].value, factor * one.value]
            axes.plot([at[INTERNAL], at[name]], ends, color=color, linewidth=0.7, linestyle=(0, (3, 3)))
    if own:
        axes.plot(
            [at[name] for name in own],
            [factor * one.value for one in own.values()],
            linestyle="",
            marker=MARKERS[number % len(MARKERS)],
            color=color,
            markersize=4.5,
            label=paper_mode(next(iter(own.values())).mode),
        )
