"""Figures of a single run: its confusion matrix and its ROC curves."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from sklearn.metrics import auc, confusion_matrix, roc_curve

from tracker.errors import ComparisonError
from tracker.figures.fonts import Lettering, lettering
from tracker.figures.labels import capitalized, title_of
from tracker.figures.style import INK, PALE, LineStyle, figure_style, line_style, new_axes, to_bytes
from tracker.records import EpochKind, Part, Prediction

_LABEL_WIDTH, _LEGEND_WIDTH = 24, 44
_NOTE_SIZE = 6.5
# In inches: the square of the curves, what is to its left, above and below it, and a line of the legend.
_SQUARE, _LEFT, _ABOVE, _BELOW, _LEGEND_LINE = 2.7, 0.55, 0.35, 0.45, 0.17


def confusion_matrix_png(
    predictions: Iterable[Prediction],
    classes: Sequence[str],
    *,
    part: Part = "test",
    epoch_kind: EpochKind = "final",
    synthetic: bool = False,
) -> bytes:
    """Draw how many images of each class were given to each class, as a PNG file.

    Args:
        predictions: All predictions of a run.
        classes: The classes in the order of rows and columns.
        part: The part of the split to draw.
        epoch_kind: The epoch to draw.
        synthetic: Whether the images were drawn by a program, which the title then says.

    Raises:
        ComparisonError: There is no prediction of that part and epoch.
    """
    chosen = _chosen(predictions, part, epoch_kind)
    title = _title(part, epoch_kind, synthetic=synthetic)
    return to_bytes(draw_confusion_matrix(chosen, classes, title), "png")


def roc_png(
    predictions: Iterable[Prediction],
    *,
    part: Part = "test",
    epoch_kind: EpochKind = "final",
    positive: str | None = None,
    synthetic: bool = False,
) -> bytes:
    """Draw the receiver operating characteristic as a PNG file.

    Two classes give one curve; more give a curve a class against the rest.

    Args:
        predictions: All predictions of a run.
        part: The part of the split to draw.
        epoch_kind: The epoch to draw.
        positive: Of two classes, the one that is the finding; None: the last.
        synthetic: Whether the images were drawn by a program, which the title then says.

    Raises:
        ComparisonError: There is no prediction of that part and epoch.
    """
    chosen = _chosen(predictions, part, epoch_kind)
    title = _title(part, epoch_kind, synthetic=synthetic)
    return to_bytes(draw_roc(chosen, title, positive=positive), "png")


@figure_style()
def draw_roc(predictions: Sequence[Prediction], title: str, *, positive: str | None = None) -> Figure:
    """Draw the ROC curves of predictions of one part and epoch, with their AUROC in the legend."""
    classes = list(predictions[0].probabilities)
    drawn = [positive or classes[-1]] if len(classes) == 2 else classes
    letters = _lettering(drawn, width=_LEGEND_WIDTH)
    figure, axes = _square_axes(sum(1 + name.count("\n") for name in letters.written.values()) + 1)
    axes.plot([0, 1], [0, 1], color=PALE, linewidth=0.8, linestyle=(0, (3, 3)))
    curves = [_draw_roc_of(axes, predictions, name, line_style(number)) for number, name in enumerate(drawn)]
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal", title=title)
    axes.set(xlabel="False positive rate (1 − specificity)", ylabel="True positive rate (sensitivity)")
    # Below the curves: inside, it would cover those of a poor network.
    legend = axes.legend(
        # Of labels that it finds itself, matplotlib passes over those that begin with an underscore.
        [curve for curve, _ in curves],
        [f"{letters.written[name]}: {told}" for name, (_, told) in zip(drawn, curves, strict=True)],
        loc="lower center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=figure.transFigure,
        frameon=False,
        prop={"family": letters.families, "size": 7.5},
        title=letters.note or None,
        title_fontsize=_NOTE_SIZE,
    )
    legend.get_title().set_color(PALE)
    return figure


def _square_axes(lines_below: int) -> tuple[Figure, Axes]:
    """Return a figure with square axes that has room for lines of text below them."""
    below = _BELOW + _LEGEND_LINE * lines_below
    width, height = _LEFT + _SQUARE + 0.15, _ABOVE + _SQUARE + below
    figure, axes = new_axes(width, height)
    figure.set_layout_engine("none")
    axes.set_position((_LEFT / width, below / height, _SQUARE / width, _SQUARE / height))
    return figure, axes


def _draw_roc_of(
    axes: Axes, predictions: Sequence[Prediction], positive: str, style: LineStyle
) -> tuple[Line2D, str]:
    """Draw the curve of a class, and return it with what the legend says of it."""
    truth = np.array([prediction.label == positive for prediction in predictions])
    # Places in their order: of earlier versions, log-odds can be infinite.
    scores = np.unique([prediction.score(positive) for prediction in predictions], return_inverse=True)[1]
    if truth.all() or not truth.any():
        (line,) = axes.plot([], [], color=style.color, linestyle=style.dashes)
        return line, "not defined"
    false_positive, true_positive, _ = roc_curve(truth, scores)
    (line,) = axes.plot(false_positive, true_positive, color=style.color, linestyle=style.dashes)
    return line, f"AUROC {auc(false_positive, true_positive):.3f}"


@figure_style()
def draw_confusion_matrix(predictions: Sequence[Prediction], classes: Sequence[str], title: str) -> Figure:
    """Draw the counts of true and predicted classes, with their shares of the true class."""
    truth = [prediction.label for prediction in predictions]
    answers = [max(classes, key=prediction.score) for prediction in predictions]
    counts = confusion_matrix(truth, answers, labels=list(classes))
    letters = _lettering(classes, width=_LABEL_WIDTH)
    size = 1.9 + 0.62 * len(classes)
    figure, axes = new_axes(size + 0.4, size)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        text = f"{count}\n{100 * shares[row, column]:.1f} %" if totals[row, 0] else f"{count}"
        color = "white" if shares[row, column] > 0.5 else INK
        axes.text(column, row, text, ha="center", va="center", color=color, fontsize=7.5)
    right, total = int(np.trace(counts)), int(counts.sum())
    axes.set_title(f"{title}\n{right} of {total} right ({100 * right / total:.1f} %)")
    _name_classes(axes, [letters.written[name] for name in classes], letters.families)
    if letters.note:
        figure.supxlabel(letters.note, fontsize=_NOTE_SIZE, color=PALE)
    return figure


def _lettering(classes: Sequence[str], *, width: int) -> Lettering:
    """Find the fonts that the names of classes need, and write long names in several lines."""
    letters = lettering(classes)
    return replace(letters, written={name: _wrapped(text, width) for name, text in letters.written.items()})


def _wrapped(text: str, width: int) -> str:
    return textwrap.fill(text.replace("_", "_ "), width).replace("_ ", "_")


def _name_classes(axes: Axes, classes: Sequence[str], families: Sequence[str]) -> None:
    places = range(len(classes))
    longest = [max(map(len, name.split("\n"))) for name in classes]
    slanted = sum(longest) > 12 * len(classes) or len(classes) > 4
    rotation, side = (35, "right") if slanted else (0, "center")
    axes.set_xticks(places, classes, family=families, rotation=rotation, ha=side)
    axes.set_yticks(places, classes, family=families)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set(xlabel="Predicted class", ylabel="True class")


def _chosen(predictions: Iterable[Prediction], part: Part, epoch_kind: EpochKind) -> list[Prediction]:
    chosen = [entry for entry in predictions if entry.part == part and entry.epoch_kind == epoch_kind]
    if not chosen:
        raise ComparisonError(
            "a figure needs predictions",
            but=f"the run has none of part {part} at its {epoch_kind} epoch",
            do="Train it again: tracker run --rerun.",
        )
    return chosen


def _title(part: Part, epoch_kind: EpochKind, *, synthetic: bool) -> str:
    epoch = "last epoch" if epoch_kind == "final" else "epoch of lowest validation loss"
    images = f"{'synthetic ' if synthetic else ''}{title_of(f'{part}/images')}"
    return f"{capitalized(images)}, {epoch}"
