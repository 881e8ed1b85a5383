"""Whether probabilities mean what they say: how often answers are right, by how sure the network was."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, MultipleLocator

from tracker.figures.style import PALE, figure_style, line_style, new_figure

_MARKERS = "os^D"
_COLUMNS = 3
# In inches.
_LEFT, _RIGHT, _SQUARE, _COUNTS, _GAP = 0.6, 0.2, 2.7, 0.6, 0.12
_ABOVE, _BELOW, _LINE, _TO_LEGEND = 0.35, 0.55, 0.16, 0.45
_TITLE, _TITLE_LINE = 36, 0.15
_NOTE_SIZE, _NOTE_LETTER, _NOTE_LINE = 6.5, 0.052, 0.11
# As shares of a bin's width.
_ASIDE, _BAR = 0.12, 0.35
_NOTE = (
    "Bars are 95 % intervals (Wilson) of the share that is right; those of few images are wide. "
    "On the dashed line, answers are right as often as they say."
)


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers that are about equally sure.

    Attributes:
        number: Which bin, from 0.
        sure: Their mean probability of the class that was answered, 0 to 1.
        right: The share of them that is right.
        low: The lower end of the interval of that share.
        high: Its upper end.
        images: How many they are; of several networks, the mean.
    """

    number: int
    sure: float
    right: float
    low: float
    high: float
    images: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How sure answers are, and how often right.

    Attributes:
        name: What they are called, such as `as trained`.
        bins: Those that have images.
        error: The expected calibration error; None: not known.
        low: The lower end of its interval; None: not known.
        high: Its upper end.
    """

    name: str
    bins: Sequence[Bin]
    error: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def in_words(self) -> str:
        """What a legend says."""
        if self.error is None:
            return self.name
        ends = "" if self.low is None else f" ({self.low:.3f} to {self.high:.3f})"
        return f"{self.name}: ECE {self.error:.3f}{ends}"


@figure_style()
def draw_reliability(
    panels: Sequence[Sequence[Reliability]],
    titles: Sequence[str],
    *,
    classes: int,
    bins: int,
    note: str = "",
    synthetic: bool = False,
) -> Figure:
    """Draw reliability diagrams, and below each how many images its points stand for.

    Args:
        panels: One diagram each; in it, what is drawn together.
        titles: What stands above each.
        classes: How many classes there are: an answer is at least 1 / classes sure.
        bins: How many there are between 0 and 1, those without images counted.
        note: What is to be said below the figure, beside what its marks are.
        synthetic: Whether a program drew the images.
    """
    begin = _begin(panels, classes, bins)
    columns = min(len(panels), _COLUMNS)
    rows = math.ceil(len(panels) / columns)
    below = _BELOW + _LINE * max(map(len, panels))
    written = [textwrap.fill(title, _TITLE) for title in titles]
    above = _ABOVE + _TITLE_LINE * max(title.count("\n") for title in written)
    wide, high = _LEFT + _SQUARE + _RIGHT, above + _SQUARE + _GAP + _COUNTS + below
    words = textwrap.wrap(f"{note} {_NOTE}".strip(), int((columns * wide - 0.2) / _NOTE_LETTER))
    foot = 0.1 + _NOTE_LINE * len(words)
    figure = new_figure(columns * wide, rows * high + foot)
    figure.set_layout_engine("none")
    for place, (several, title) in enumerate(zip(panels, written, strict=True)):
        left = place % columns * wide + _LEFT
        bottom = foot + (rows - 1 - place // columns) * high + below
        _draw_panel(figure, (left, bottom), several, title, begin=begin, width=1 / bins)
    if synthetic:
        figure.axes[0].set_title(
            "synthetic images", loc="right", fontsize=_NOTE_SIZE, color=PALE, fontweight="normal"
        )
    figure.text(0.5, 0, "\n".join([*words, ""]), ha="center", va="bottom", fontsize=_NOTE_SIZE, color=PALE)
    return figure


def _begin(panels: Sequence[Sequence[Reliability]], classes: int, bins: int) -> float:
    """Return where the first bin begins that an answer can be in.

    Of two classes that is 0.5, which alone is in the bin below it.
    """
    used = [each.number for several in panels for one in several for each in one.bins]
    return min([math.floor(bins / classes + 1e-9), *used]) / bins


def _draw_panel(
    figure: Figure,
    corner: tuple[float, float],
    several: Sequence[Reliability],
    title: str,
    *,
    begin: float,
    width: float,
) -> None:
    """Draw a diagram whose lower axes have their lower left corner there, in inches."""
    left, bottom = corner
    upper = _axes(figure, left, bottom + _COUNTS + _GAP, _SQUARE)
    lower = _axes(figure, left, bottom, _COUNTS)
    upper.plot([begin, 1], [begin, 1], color=PALE, linewidth=0.8, linestyle=(0, (3, 3)))
    for number, one in enumerate(several):
        place = number - (len(several) - 1) / 2
        _draw_shares(upper, one, number, aside=place * _ASIDE * width)
        _draw_counts(lower, one, number, width, place)
    for axes in (upper, lower):
        axes.set_xlim(begin - 0.01, 1.01)
        axes.xaxis.set_major_locator(MultipleLocator(width if begin > 0.4 else 2 * width))
    upper.set(ylim=(-0.02, 1.02), ylabel="Share that is right", title=title)
    upper.tick_params(labelbottom=False)
    upper.grid(axis="y")
    upper.set_axisbelow(True)
    lower.set(xlabel="Probability of the class that was answered", ylabel="Images")
    lower.yaxis.set_major_locator(MaxNLocator(nbins=2, integer=True))
    _explain(figure, upper, (left + _SQUARE / 2, bottom - _TO_LEGEND))


def _axes(figure: Figure, left: float, bottom: float, height: float) -> Axes:
    wide, high = figure.get_size_inches()
    return figure.add_axes((left / wide, bottom / high, _SQUARE / wide, height / high))


def _explain(figure: Figure, axes: Axes, top: tuple[float, float]) -> None:
    """Write the legend of axes below a point, in inches."""
    wide, high = figure.get_size_inches()
    handles, names = axes.get_legend_handles_labels()
    figure.legend(
        handles,
        names,
        loc="upper center",
        bbox_to_anchor=(top[0] / wide, top[1] / high),
        frameon=False,
        borderaxespad=0,
        borderpad=0,
        handletextpad=0.2,
    )


def _draw_shares(axes: Axes, one: Reliability, number: int, *, aside: float) -> None:
    """Draw one set of points, a little aside: those of two sets can be equally sure."""
    color = line_style(number).color
    places = [each.sure + aside for each in one.bins]
    lows, highs = [each.low for each in one.bins], [each.high for each in one.bins]
    axes.vlines(places, lows, highs, color=color, linewidth=0.9, alpha=0.7)
    axes.plot(
        places,
        [each.right for each in one.bins],
        linestyle="",
        marker=_MARKERS[number % len(_MARKERS)],
        markersize=4.5,
        color=color,
        markeredgecolor="white",
        markeredgewidth=0.5,
        label=one.in_words,
    )


def _draw_counts(axes: Axes, one: Reliability, number: int, width: float, place: float) -> None:
    """Draw how many images each bin has, in the middle of the bin."""
    middles = [(each.number + 0.5 + place * _BAR) * width for each in one.bins]
    axes.bar(middles, [each.images for each in one.bins], _BAR * width, color=line_style(number).color)
