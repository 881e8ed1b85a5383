"""Maps of what an answer rests on, drawn over their images: one by one, and as a contact sheet.

The colors are matplotlib's inferno: evenly spaced to the eye, told apart with the common color blindnesses,
and lighter and lighter on gray print. A line surrounds what has at least half of the greatest value.

Letters of shapes: H, W the image, h and w the map.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from scipy.ndimage import zoom

from tracker.figures.fonts import Lettering, lettering
from tracker.figures.style import INK, PALE, figure_style, new_figure

COLORS = colormaps["inferno"]
_STRONGEST = 0.75
_HALF = 0.5
_COLUMNS = 4
_CELL, _TITLE, _BELOW, _BAR = 1.6, 0.36, 0.45, 0.62
_SINGLE = 2.9
_NOTE_SIZE, _CELL_SIZE = 6.5, 6.5
_TITLE_LETTERS, _TITLE_LINE = 12, 0.3  # letters in an inch; inches of a line
_LONGEST_CELL, _LONGEST_SINGLE, _LONGEST_TOLD = 26, 84, 36
_NO_PLACE = "no place speaks\nfor this class"
_NOTE = (
    "Grad-CAM, each map from zero to its own greatest value; a line surrounds places with half of that "
    "or more. It says which places counted, not why, and not whether that is right."
)


@dataclass(frozen=True, eq=False)
class DrawnMap:
    """One image with its map.

    Attributes:
        name: The image's.
        image: uint8 [H, W, 3], as the network saw it.
        map: [h, w] what speaks for the class, from zero; None where no place does more than others.
        class_name: The class that the map is of.
        probability: What the network gave the class, 0 to 1.
        remark: What else is to be said, such as the true class; empty: nothing.
    """

    name: str
    image: NDArray[np.uint8]
    map: NDArray[np.float32] | None
    class_name: str
    probability: float
    remark: str = ""


@figure_style()
def explanation_figure(drawn: DrawnMap, *, layer: str = "") -> Figure:
    """Draw an image, and beside it the image under its map, with a bar.

    Args:
        drawn: The image and its map.
        layer: The name of the layer that the map is of.
    """
    letters = lettering([drawn.name, drawn.class_name, drawn.remark])
    figure = new_figure(2 * _SINGLE + 0.9, _SINGLE + 1.05)
    plain, under = figure.subplots(1, 2)
    _show(plain, drawn.image)
    _show_under_map(under, drawn)
    name = _cut(letters.written[drawn.name], _LONGEST_SINGLE)
    figure.suptitle(name, x=0.02, ha="left", family=letters.families, fontsize=8, color=INK)
    plain.set_title("as the network saw it", fontsize=8, fontweight="normal", loc="left")
    under.set_title(_told(drawn, letters, _LONGEST_TOLD), fontsize=8, loc="left", family=letters.families)
    _bar(figure, [under], drawn.map)
    below = [f"layer {layer}" if layer else "", _NOTE, letters.note]
    _note(figure, " ".join(_sentence(part) for part in below if part))
    return figure


@figure_style()
def contact_sheet(drawn: Sequence[DrawnMap], *, title: str = "") -> Figure:
    """Draw many images under their maps, in rows.

    Args:
        drawn: The images with their maps.
        title: What stands above; empty: nothing.
    """
    letters = lettering([text for one in drawn for text in (one.name, one.class_name, one.remark)] + [title])
    columns = min(_COLUMNS, len(drawn))
    rows = math.ceil(len(drawn) / columns)
    width = max(columns, 2) * _CELL + _BAR
    above = textwrap.wrap(letters.written[title], int(_TITLE_LETTERS * width))
    figure = new_figure(width, rows * (_CELL + _TITLE) + _BELOW + _TITLE_LINE * len(above))
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat[len(drawn) :]:
        axes.set_axis_off()
    for axes, one in zip(grid.flat, drawn, strict=False):
        _show_under_map(axes, one)
        lines = [_cut(letters.written[text], _LONGEST_CELL) for text in (one.name, one.remark) if text]
        text = "\n".join([lines[0], _told(one, letters, _LONGEST_CELL), *lines[1:]])
        axes.set_title(text, fontsize=_CELL_SIZE, fontweight="normal", loc="left", family=letters.families)
        axes.title.set_linespacing(1.15)
    if title:
        figure.suptitle("\n".join(above), x=0.02, ha="left", family=letters.families, fontsize=9)
    _bar(figure, grid.ravel().tolist(), None)
    _note(figure, " ".join([_NOTE, *([_sentence(letters.note)] if letters.note else [])]))
    return figure


def enlarged(map_hw: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Bring a map to the size of its image, with straight lines between the middles of its places.

    Args:
        map_hw: The map.
        height: Of the image, in pixels.
        width: Of the image.
    """
    factors = (height / map_hw.shape[0], width / map_hw.shape[1])
    large: NDArray[np.float32] = zoom(map_hw, factors, order=1, mode="nearest", grid_mode=True)
    return large


def _show(axes: Axes, image_HWC: NDArray[np.uint8]) -> None:
    axes.imshow(image_HWC, interpolation="lanczos")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _show_under_map(axes: Axes, drawn: DrawnMap) -> None:
    _show(axes, drawn.image)
    if drawn.map is None:
        text = axes.text(0.5, 0.5, _NO_PLACE, ha="center", va="center", color="white")
        text.set(transform=axes.transAxes, fontsize=7)
        text.set_path_effects([withStroke(linewidth=2, foreground="black")])
        return
    height, width = drawn.image.shape[:2]
    share = enlarged(drawn.map / drawn.map.max(), height, width)
    gray: Any = drawn.image.mean(2, keepdims=True).repeat(3, 2) / 255
    opacity = _STRONGEST * np.clip(share, 0, 1)[:, :, None]
    axes.images[0].set_data((1 - opacity) * gray + opacity * COLORS(share)[:, :, :3])
    for color, wide in (("black", 1.6), ("white", 0.7)):
        axes.contour(share, levels=[_HALF * float(share.max())], colors=[color], linewidths=[wide])


def _bar(figure: Figure, axes: Sequence[Axes], map_hw: NDArray[np.float32] | None) -> None:
    bar = figure.colorbar(
        ScalarMappable(Normalize(0, 1), COLORS), ax=list(axes), fraction=0.04, pad=0.02, aspect=28
    )
    bar.outline.set_visible(False)
    greatest = "greatest" if map_hw is None else f"{float(map_hw.max()):.2g}"
    bar.set_ticks([0, _HALF, 1], labels=["0", "half", greatest])
    bar.ax.tick_params(labelsize=7)
    bar.set_label("speaks for the class (log-odds)", fontsize=7)


def _told(drawn: DrawnMap, letters: Lettering, longest: int) -> str:
    """Write the class and its probability, of which the latter is never cut."""
    share = _percent(drawn.probability)
    return f"{_cut(letters.written[drawn.class_name], longest - len(share) - 1)} {share}"


def _percent(probability: float) -> str:
    """Write a probability; only what is exactly so is called 0 or 100 %."""
    text = f"{100 * probability:.1f}"
    if text == "100.0" and probability < 1:
        return "> 99.9 %"
    return "< 0.1 %" if text == "0.0" and probability > 0 else f"{text} %"


def _cut(text: str, longest: int) -> str:
    """Cut a text that is too long in its middle: names differ at their ends."""
    half = (longest - 1) // 2
    return text if len(text) <= longest else f"{text[:half].rstrip()}…{text[-half:].lstrip()}"


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _note(figure: Figure, text: str) -> None:
    letters = int(figure.get_figwidth() / 0.052)
    figure.supxlabel(
        "\n".join(textwrap.wrap(text, letters)), fontsize=_NOTE_SIZE, color=PALE, x=0.02, ha="left"
    )
