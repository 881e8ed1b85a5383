"""The curves of a comparison as files, PNG and SVG."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from tracker.errors import ComparisonError
from tracker.figures.curve_figures import draw_curves, draw_modes_together
from tracker.figures.curves import CURVE_METRICS
from tracker.figures.labels import order_modes
from tracker.figures.style import ImageFormat, to_bytes
from tracker.records import RunRecord

_ALL_MODES = "all-modes"
_FORMATS: tuple[ImageFormat, ...] = ("png", "svg")


def write_curves(runs: Sequence[RunRecord], folder: Path) -> list[Path]:
    """Write training loss, validation and test accuracy by epoch: a figure a mode, and one of all modes.

    Args:
        runs: The runs of a comparison with the histories of `CURVE_METRICS`.
        folder: Where the files go; it is made where it does not exist.

    Returns:
        The files, such as `train-loss.feature-extractor.png`.

    Raises:
        ComparisonError: No run has a history of these metrics, or the folder cannot be written.
    """
    files = {}
    for metric in CURVE_METRICS:
        figures = draw_curves(runs, metric)
        together = draw_modes_together(runs, metric)
        named = {mode: figures[mode] for mode in order_modes(figures)}
        named |= {_ALL_MODES: together} if together else {}
        for name, figure in named.items():
            for format in _FORMATS:
                files[folder / _file_name(metric, name, format)] = to_bytes(figure, format)
    if not files:
        raise ComparisonError(
            "figures need the runs' metrics by epoch",
            but="these runs have none",
            do="Train them: tracker run.",
        )
    return _write(files, folder)


def write_figure(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write one figure.

    Args:
        figure: The figure.
        folder: Where the files go; it is made where it does not exist.
        name: What they are called, without their endings; letters that file names lack become dashes.

    Returns:
        The files.

    Raises:
        ComparisonError: The folder cannot be written.
    """
    metric, _, rest = name.rpartition(".")
    return _write(
        {folder / _file_name(metric, rest, format): to_bytes(figure, format) for format in _FORMATS}, folder
    )


def _write(files: dict[Path, bytes], folder: Path) -> list[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            path.write_bytes(content)
    except OSError as error:
        raise ComparisonError(
            "the folder of the figures must be writable",
            but=f"{error.filename or folder}: {error.strerror}",
            do="Choose another one with --figures DIR.",
        ) from error
    return list(files)


def _file_name(metric: str, name: str, format: ImageFormat) -> str:
    # A colon (freeze:layer4) is not allowed in file names everywhere.
    return ".".join([re.sub(r"[^\w.-]", "-", part) for part in (metric, name)] + [format])
