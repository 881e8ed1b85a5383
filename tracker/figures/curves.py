"""Metrics by epoch over the runs of an arm: the numbers behind the lines and bands of the figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tracker.figures.labels import natural_key, order_models, scale_of
from tracker.records import RunRecord

CURVE_METRICS = ("train/loss", "val/accuracy", "test/accuracy")
"""The metrics whose histories are drawn."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A metric by epoch over the runs of one arm, in the unit that people read.

    Attributes:
        epochs: The epochs at which some run has a value, in order.
        mean: The mean over runs, one value an epoch.
        low: The smallest value over runs.
        high: The largest value over runs.
        seeds: The seeds of the runs; of a cross-validation, seed, repeat and fold.
    """

    epochs: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    seeds: tuple[str, ...]


def curve_of(runs: Sequence[RunRecord], metric: str) -> Curve | None:
    """Return the curve of an arm's metric; None where no run has points of it.

    Values that are not finite are left out.
    """
    by_epoch: dict[int, list[float]] = {}
    having = [run for run in runs if run.history.get(metric)]
    for run in having:
        for point in run.history[metric]:
            if np.isfinite(point.value):
                by_epoch.setdefault(point.step, []).append(point.value * scale_of(metric).factor)
    if not by_epoch:
        return None
    epochs = sorted(by_epoch)
    values = [by_epoch[epoch] for epoch in epochs]
    return Curve(
        epochs=np.array(epochs),
        mean=np.array([np.mean(some) for some in values]),
        low=np.array([min(some) for some in values]),
        high=np.array([max(some) for some in values]),
        seeds=tuple(sorted({run.repetition for run in having}, key=natural_key)),
    )


def curves_by_mode(runs: Iterable[RunRecord], metric: str) -> dict[str, dict[str, Curve]]:
    """Return the curves of a metric by mode and model; arms without points are left out."""
    arms: dict[str, dict[str, list[RunRecord]]] = {}
    for run in runs:
        model, mode = run.arm
        arms.setdefault(mode, {}).setdefault(model, []).append(run)
    curves: dict[str, dict[str, Curve]] = {}
    for mode, models in arms.items():
        for model in order_models(models):
            if (curve := curve_of(models[model], metric)) is not None:
                curves.setdefault(mode, {})[model] = curve
    return curves
