"""How every figure looks, and how it is saved so that equal numbers give equal files."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, Literal, NamedTuple

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tracker.figures.fonts import USUAL
from tracker.figures.labels import REFERENCE_MODELS, order_models

ImageFormat = Literal["png", "svg"]

DPI, NOTEBOOK_DPI = 300, 110
INK = "#222222"
PALE = "#6b6b6b"

# Okabe and Ito (2008): eight colors that people with any common color blindness tell apart;
# yellow is left out, as it is too pale for a line on white.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (5, 1.5, 1.5, 1.5)))

# Any: the names that matplotlib types as keys differ between its versions.
_STYLE: Any = {
    "font.family": USUAL,
    "font.size": 8,
    "text.color": INK,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.5,
    "legend.frameon": True,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.9,
    "legend.fontsize": 7.5,
    "lines.linewidth": 1.4,
    "lines.solid_capstyle": "butt",
    # A dollar sign in a class name is a dollar sign.
    "text.parse_math": False,
    "svg.hashsalt": "tracker",
    "svg.fonttype": "path",
}


class LineStyle(NamedTuple):
    """A line's color, and its dashes for those who print in gray."""

    color: str
    dashes: Any


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw and save within this look, whatever the user's own settings are."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        # `fonts.lettering` writes names so that they can be drawn; a letter that it missed is a box.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def line_styles(models: Iterable[str]) -> dict[str, LineStyle]:
    """Return a line style a model; those of the reference study have theirs in every study."""
    others = [model for model in order_models(models) if model not in REFERENCE_MODELS]
    return {model: line_style(number) for number, model in enumerate(chain(REFERENCE_MODELS, others))}


def line_style(number: int) -> LineStyle:
    """Return the line style of the line with this number, counted from 0."""
    return LineStyle(COLORS[number % len(COLORS)], DASHES[number % len(DASHES)])


class ShownFigure(Figure):
    """A figure that a notebook shows by itself: only those of pyplot are known to it."""

    def _repr_png_(self) -> bytes:
        return to_bytes(self, "png", dpi=NOTEBOOK_DPI)


def new_figure(width: float, height: float) -> Figure:
    """Return a figure of a size in inches, drawn without a display."""
    figure = ShownFigure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def new_axes(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of a size in inches, drawn without a display, and its axes."""
    figure = new_figure(width, height)
    return figure, figure.add_subplot()


@figure_style()
def to_bytes(figure: Figure, format: ImageFormat, *, dpi: int = DPI) -> bytes:
    """Return the figure as a PNG or SVG file that carries no date and no version."""
    content = io.BytesIO()
    metadata = {"Date": None, "Creator": None} if format == "svg" else {"Software": None}
    figure.savefig(content, format=format, dpi=dpi, metadata=metadata)
    return content.getvalue()
