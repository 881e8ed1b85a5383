"""How maps change when a network's layers are replaced by random ones: a line of numbers above rows of maps.

Letters of shapes: S steps, N images, H, W the image, h and w the map.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tracker.figures.explanations import COLORS, enlarged
from tracker.figures.style import INK, PALE, figure_style, line_style, new_figure

_CELL, _LEFT, _CURVE, _BELOW = 0.86, 0.75, 1.25, 0.5
_NOTE_SIZE, _LETTER = 6.5, 0.052
_SAMPLE = 96


@figure_style()
def sanity_figure(
    layers: Sequence[str],
    similarities: Sequence[float],
    own_Nhw: NDArray[np.float32],
    replaced_SNhw: NDArray[np.float32],
    *,
    same: float,
    chance: float,
    sentence: str,
) -> Figure:
    """Draw how alike maps stay, and the maps of some images at each step.

    Args:
        layers: The lowest random layer of each step.
        similarities: How alike maps are to the network's own at each step, 0 to 1.
        own_Nhw: The network's own maps of some images, signed.
        replaced_SNhw: Those with random layers.
        same: From where on maps count as the same.
        chance: How alike two maps without anything in common are.
        sentence: What follows from it.
    """
    steps, images = replaced_SNhw.shape[:2]
    width, height = _LEFT + _CELL * (steps + 1), _CURVE + _CELL * images + 0.45 + _BELOW
    figure = new_figure(max(width, 4.2), height)
    figure.set_layout_engine("constrained", wspace=0.03, hspace=0.03)
    grid = figure.add_gridspec(1 + images, 1 + steps, height_ratios=[_CURVE / _CELL, *[1] * images])
    curve = figure.add_subplot(grid[0, :])
    _draw_similarities(curve, layers, similarities, same=same, chance=chance)
    for row in range(images):
        for column in range(steps + 1):
            axes = figure.add_subplot(grid[1 + row, column])
            _draw_map(axes, own_Nhw[row] if column == 0 else replaced_SNhw[column - 1, row])
            if column == 0:
                axes.set_ylabel(f"image {row + 1}", fontsize=7)
    letters = int(figure.get_figwidth() / _LETTER)
    note = (
        f"{sentence[0].upper()}{sentence[1:]}. Layers become random from the last one down to the named one; "
        "maps: darkest is least, lightest is most for the class."
    )
    figure.supxlabel(
        "\n".join(textwrap.wrap(note, letters)), fontsize=_NOTE_SIZE, color=PALE, x=0.02, ha="left"
    )
    return figure


def _draw_similarities(
    axes: Axes, layers: Sequence[str], similarities: Sequence[float], *, same: float, chance: float
) -> None:
    places = range(len(layers) + 1)
    style = line_style(0)
    axes.plot(places, [1.0, *similarities], color=style.color, marker="o", markersize=4)
    for height, name in ((same, "the same"), (chance, "chance")):
        axes.axhline(height, color=INK, linewidth=0.7, linestyle=(0, (3, 2)))
        axes.text(len(layers) + 0.47, height + 0.02, name, fontsize=6.5, ha="right", va="bottom")
    axes.set(xlim=(-0.5, len(layers) + 0.5), ylim=(0, 1.08), yticks=[0, 0.5, 1])
    axes.set_ylabel("rank correlation", fontsize=7)
    named = ["as trained", *(f"from\n{_short(layer)}" for layer in layers[:-1]), "all layers"]
    axes.set_xticks(places, named, fontsize=6.5)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y")
    axes.set_title("Maps with random layers", fontsize=9)


def _short(layer: str) -> str:
    """Write the end of a long name: beginnings are alike."""
    return layer if len(layer) <= 14 else f"…{layer[-13:]}"


def _draw_map(axes: Axes, map_hw: NDArray[np.float32]) -> None:
    axes.imshow(enlarged(map_hw, _SAMPLE, _SAMPLE), cmap=COLORS)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
