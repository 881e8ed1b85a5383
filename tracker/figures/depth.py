"""A metric against freeze depth: one line a model, what is no depth beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tracker.figures.labels import order_models, order_modes, paper_mode, paper_model, scale_of
from tracker.figures.marks import MARKERS, axis_name, finish
from tracker.figures.style import LineStyle, figure_style, line_styles, new_axes
from tracker.records import ADAPTING

_WIDTH, _HEIGHT = 5.2, 3.2
_SLOT, _DODGE = 14.0, 1.1
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class DepthPoint:
    """One arm of the figure.

    Attributes:
        model: Its model.
        mode: Its mode.
        depth: The share of the network's steps that is frozen, 0 to 1.
        value: What it reached, as recorded.
        low: The lower end of the interval; None where there is none.
        high: The upper end.
        on_line: Whether it is on the way from fine-tuning to feature extractor; others have open marks,
            beside the line, or at their depth where batch norms adapt.
    """

    model: str
    mode: str
    depth: float
    value: float
    low: float | None = None
    high: float | None = None
    on_line: bool = True

    @property
    def has_slot(self) -> bool:
        """Whether it stands at a place of its own, because its depth says little of it."""
        return not self.on_line and not self.mode.endswith(ADAPTING)


@figure_style()
def depth_figure(
    points: Sequence[DepthPoint], *, metric: str, note: str = "", synthetic: bool = False
) -> Figure:
    """Draw a metric against freeze depth, from fine-tuning on the left to feature extractor on the right.

    Args:
        points: The arms.
        metric: What they are of, such as `test/accuracy`.
        note: What the intervals hold.
        synthetic: Whether a program drew the images.
    """
    models, slots = order_models(point.model for point in points), _slots(points)
    styles = line_styles(models)
    figure, axes = new_axes(_WIDTH, _HEIGHT)
    for number, model in enumerate(models):
        shift = _DODGE * (number - (len(models) - 1) / 2)
        own = [point for point in points if point.model == model]
        _draw(axes, own, slots, shift, styles[model], MARKERS[number % len(MARKERS)], scale_of(metric).factor)
    _place_ticks(axes, slots)
    axes.set_xlabel("Layers frozen (%)")
    axes.set_ylabel(axis_name(metric))
    finish(figure, axes, columns=4 if len(models) > 1 else 0, note=note, synthetic=synthetic)
    if len(models) == 1:
        axes.set_title(paper_model(models[0]))
    return figure


def _slots(points: Sequence[DepthPoint]) -> dict[str, float]:
    """Return where modes stand that are no depth: those that freeze little on the left, others right."""
    beside = {point.mode: point.depth for point in points if point.has_slot}
    left = [mode for mode in order_modes(beside) if beside[mode] < 0.5]
    right = [mode for mode in order_modes(beside) if beside[mode] >= 0.5]
    return {
        **{mode: -_SLOT * number for number, mode in enumerate(left, start=1)},
        **{mode: _PERCENT + _SLOT * number for number, mode in enumerate(right, start=1)},
    }


def _draw(
    axes: Axes,
    points: Sequence[DepthPoint],
    slots: dict[str, float],
    shift: float,
    style: LineStyle,
    marker: str,
    factor: float,
) -> None:
    line = sorted((point for point in points if point.on_line), key=lambda point: point.depth)
    places = [_PERCENT * point.depth + shift for point in line]
    label = paper_model(points[0].model)
    axes.plot(
        places,
        [factor * point.value for point in line],
        color=style.color,
        linestyle=style.dashes,
        marker=marker,
        ms=4,
        label=label,
    )
    beside = [
        (slots.get(point.mode, _PERCENT * point.depth) + shift, point)
        for point in points
        if not point.on_line
    ]
    for place, point in beside:
        axes.plot([place], [factor * point.value], color=style.color, marker=marker, ms=4, mfc="white")
    for place, point in [*zip(places, line, strict=True), *beside]:
        if point.low is not None and point.high is not None:
            ends = (factor * point.low, factor * point.high)
            axes.vlines(place, *ends, color=style.color, linewidth=1, alpha=0.6, zorder=1)


def _place_ticks(axes: Axes, slots: dict[str, float]) -> None:
    ticks = {0.0: "0\nFine-tuning", 25.0: "25", 50.0: "50", 75.0: "75", 100.0: "100\nFeature\nextractor"}
    ticks |= {
        place: paper_mode(mode).replace("Linear probe", "Linear\nprobe") for mode, place in slots.items()
    }
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.set_xlim(min(ticks) - _SLOT / 2, max(ticks) + _SLOT / 2)
