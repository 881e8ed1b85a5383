"""What a study found, as pictures: drawn by Optuna, made readable here."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from optuna import Study
from optuna.study import StudyDirection
from optuna.visualization.matplotlib import (
    plot_optimization_history,
    plot_parallel_coordinate,
    plot_slice,
)

from tracker.search.optuna_warnings import suppress_warnings
from tracker.search.retry import retry
from tracker.search.study import ArmStudy

HISTORY, PARALLEL, SLICE = "optimization-history.png", "parallel-coordinates.png", "slice.png"

_DPI = 200
_GRID = "#e3e3e3"
_FEWEST = 2
_BELOW = (0, -0.12)
_WORDS = {
    "lr": "learning rate",
    "weight_decay": "weight decay",
    "batch_size": "batch size",
}


def figures_of(study: ArmStudy, objective: str) -> dict[str, bytes]:
    """Draw what a study found: its values over time, and over its settings.

    Args:
        study: The study.
        objective: What a value is, such as `val/loss`.

    Returns:
        PNG files by name. Empty while fewer than two trials have ended with a finite value.
    """
    ended = [trial for trial in study.trials() if trial.state == "complete"]
    if sum(math.isfinite(trial.value) for trial in ended if trial.value is not None) < _FEWEST:
        return {}
    return {name: retry(partial(_png, draw, study.inner, objective)) for name, draw in _DRAWN.items()}


def _history(study: Study, objective: str) -> Figure:
    axes = plot_optimization_history(study, target_name=objective)
    axes.set_title(f"{objective} of each trial, and the best so far")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for line in axes.lines:
        # The best changes when a trial ends, not little by little since the one before.
        line.set_drawstyle("steps-post")
    handles, _ = axes.get_legend_handles_labels()
    # Below the trials: inside, it would cover some.
    axes.legend(
        handles, ["a trial", "best so far"], facecolor="white", loc="upper left", bbox_to_anchor=_BELOW
    )
    return _plain(axes)


def _parallel(study: Study, objective: str) -> Figure:
    axes = plot_parallel_coordinate(study, target_name=objective)
    axes.set_title("The settings of each trial, one line a trial", y=1.05)
    axes.set_xticklabels([_readable(label.get_text()) for label in axes.get_xticklabels()], rotation=0)
    # Optuna's palest line is white on white, and it is the trial to learn from. Dark is good here.
    axes.collections[0].set_cmap("viridis" if study.direction == StudyDirection.MINIMIZE else "viridis_r")
    figure = _plain(axes)
    figure.set_size_inches(1.5 + 2.2 * len(axes.get_xticks()), 4.2)
    for label in [label for each in figure.axes for label in each.get_yticklabels()]:
        # The lines of the trials meet where the labels are.
        label.set_bbox({"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.8})
    return figure


def _slice(study: Study, objective: str) -> Figure:
    drawn: list[Axes] = np.array([plot_slice(study, target_name=objective)]).ravel().tolist()
    for axes in drawn:
        axes.set(title="", xlabel=_readable(axes.get_xlabel()))
        if any("'" in label.get_text() for label in axes.get_xticklabels()):
            axes.set_xticks(*_without_quotes(axes))
    figure = _plain(drawn[0])
    figure.suptitle(f"{objective} over each setting", y=0.96)
    return figure


_DRAWN: Mapping[str, Callable[[Study, str], Figure]] = {HISTORY: _history, PARALLEL: _parallel, SLICE: _slice}


@contextmanager
def _own_style() -> Iterator[None]:
    # Optuna changes matplotlib's style for good, and opens windows where there is a screen.
    backend = mpl.get_backend()
    plt.switch_backend("agg")
    # Where all trials have one value of a setting, there is nothing to scale.
    warnings.filterwarnings("ignore", "Attempting to set identical")
    try:
        with mpl.rc_context():
            yield
    finally:
        plt.switch_backend(backend)


def _plain(axes: Axes) -> Figure:
    figure = axes.get_figure(root=True)
    assert figure is not None
    for each in figure.axes:
        each.set_facecolor("white")
        each.set_axisbelow(True)
        each.tick_params(grid_color=_GRID)
    return figure


def _without_quotes(axes: Axes) -> tuple[list[float], list[str]]:
    # Optuna writes text as Python does.
    labels = axes.get_xticklabels()
    return [float(place) for place in axes.get_xticks()], [label.get_text().strip("'") for label in labels]


def _readable(setting: str) -> str:
    return _WORDS.get(setting, setting)


def _png(draw: Callable[[Study, str], Figure], study: Study, objective: str) -> bytes:
    file = io.BytesIO()
    with suppress_warnings(), _own_style():
        figure = draw(study, objective)
        figure.savefig(file, format="png", dpi=_DPI, bbox_inches="tight")
        plt.close(figure)
    return file.getvalue()
