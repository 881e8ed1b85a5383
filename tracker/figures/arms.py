"""Each arm's value with its interval: modes side by side, model by model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tracker.figures.labels import order_models, order_modes, paper_mode, paper_model, scale_of
from tracker.figures.marks import MARKERS, axis_name, finish
from tracker.figures.style import INK, figure_style, line_style, new_axes

_HEIGHT, _LEAST_WIDTH = 3.0, 4.0
_MARGIN, _ROOM, _ROOM_OF_A_MODE = 0.8, 1.0, 0.28
_SPREAD = 0.6
_LEGEND_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class DrawnArm:
    """One arm of a figure.

    Attributes:
        model: Its model.
        mode: Its mode.
        value: What it reached, as recorded.
        low: The lower end of the interval; None where there is none.
        high: The upper end.
        published: What was published of it; None where nothing was.
    """

    model: str
    mode: str
    value: float
    low: float | None = None
    high: float | None = None
    published: float | None = None


@figure_style()
def arms_figure(arms: Sequence[DrawnArm], *, metric: str, note: str = "", synthetic: bool = False) -> Figure:
    """Draw arms as points with their intervals.

    Args:
        arms: The arms, one a model and mode.
        metric: What they are of, such as `test/accuracy`.
        note: What the intervals hold.
        synthetic: Whether a program drew the images.
    """
    models, modes = order_models(arm.model for arm in arms), order_modes(arm.mode for arm in arms)
    places = _places(arms, models)
    figure, axes = new_axes(_width(len(models), len(modes)), _HEIGHT)
    for number, mode in enumerate(modes):
        some = [arm for arm in arms if arm.mode == mode]
        _draw_mode(axes, some, [places[arm] for arm in some], number, scale_of(metric).factor)
    axes.set_xticks(range(len(models)), [paper_model(model) for model in models])
    axes.set_xlim(-0.5, len(models) - 0.5)
    axes.tick_params(axis="x", length=0)
    axes.set_ylabel(axis_name(metric))
    if any(arm.published is not None for arm in arms):
        axes.plot([], [], linestyle="", marker="_", ms=13, mew=1.2, color=INK, label="Published")
    finish(figure, axes, columns=_LEGEND_COLUMNS, note=note, synthetic=synthetic)
    return figure


def _places(arms: Sequence[DrawnArm], models: Sequence[str]) -> dict[DrawnArm, float]:
    """Return where each arm stands: the modes that a model has side by side, around its name."""
    places = {}
    for middle, model in enumerate(models):
        own = {arm.mode: arm for arm in arms if arm.model == model}
        for number, mode in enumerate(order_modes(own)):
            places[own[mode]] = middle + _SPREAD * (number - (len(own) - 1) / 2) / max(len(own), 2)
    return places


def _width(models: int, modes: int) -> float:
    return max(_LEAST_WIDTH, _MARGIN + models * max(_ROOM, _ROOM_OF_A_MODE * modes))


def _draw_mode(
    axes: Axes, arms: Sequence[DrawnArm], places: Sequence[float], number: int, factor: float
) -> None:
    color = line_style(number).color
    for place, arm in zip(places, arms, strict=True):
        if arm.low is not None and arm.high is not None:
            axes.vlines(place, factor * arm.low, factor * arm.high, color=color, linewidth=1.2)
        if arm.published is not None:
            axes.plot([place], [factor * arm.published], marker="_", ms=13, mew=1.2, color=INK)
    axes.plot(
        places,
        [factor * arm.value for arm in arms],
        linestyle="",
        marker=MARKERS[number % len(MARKERS)],
        color=color,
        markersize=4.5,
        label=paper_mode(arms[0].mode),
    )
