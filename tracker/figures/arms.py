"""Each arm's value with its interval: modes side by side, model by model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tracker.figures.labels import (
    Scale,
    order_models,
    order_modes,
    paper_mode,
    paper_model,
    scale_of,
    title_of,
)
from tracker.figures.style import PALE, figure_style, line_style, new_axes

_HEIGHT, _ROOM, _LEAST_WIDTH = 3.0, 1.1, 3.4
_SPREAD = 0.6
_NOTE_SIZE = 6.5


@dataclass(frozen=True, slots=True)
class DrawnArm:
    """One arm of a figure.

    Attributes:
        model: Its model.
        mode: Its mode.
        value: What it reached, as recorded.
        low: The lower end of the interval; None where there is none.
        high: The upper end.
    """

    model: str
    mode: str
    value: float
    low: float | None = None
    high: float | None = None


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
    figure, axes = new_axes(max(_LEAST_WIDTH, _ROOM * (len(models) + 1)), _HEIGHT)
    for number, mode in enumerate(modes):
        shift = _SPREAD * (number - (len(modes) - 1) / 2) / max(len(modes), 2)
        _draw_mode(axes, [arm for arm in arms if arm.mode == mode], models, number, shift, scale_of(metric))
    axes.set_xticks(range(len(models)), [paper_model(model) for model in models])
    axes.set_xlim(-0.5, len(models) - 0.5)
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.set_ylabel(_axis_name(metric))
    figure.legend(loc="outside upper left", ncols=min(len(modes), 3))
    if note:
        figure.supxlabel(note, fontsize=_NOTE_SIZE, color=PALE)
    if synthetic:
        axes.set_title("synthetic images", loc="right", fontsize=_NOTE_SIZE, color=PALE)
    return figure


def _draw_mode(
    axes: Axes, arms: Sequence[DrawnArm], models: Sequence[str], number: int, shift: float, scale: Scale
) -> None:
    color = line_style(number).color
    for arm in arms:
        if arm.low is not None and arm.high is not None:
            place = models.index(arm.model) + shift
            axes.plot([place, place], [arm.low * scale.factor, arm.high * scale.factor], color=color)
    axes.plot(
        [models.index(arm.model) + shift for arm in arms],
        [arm.value * scale.factor for arm in arms],
        "osD^v<>p"[number % 8],
        color=color,
        markersize=4.5,
        label=paper_mode(arms[0].mode),
    )


def _axis_name(metric: str) -> str:
    title, unit = title_of(metric), scale_of(metric).unit
    return f"{title[0].upper()}{title[1:]}{f' ({unit})' if unit else ''}"
