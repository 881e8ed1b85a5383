"""How sure answers are and how often right, before and after calibration: what reliability diagrams show.

Letters of shapes: R repetitions, N images, K classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tracker.compare.statistics.answers import Answers, Floats, Truth
from tracker.compare.statistics.bootstrap import bootstrap_intervals
from tracker.compare.statistics.calibration import BINS, bins_of
from tracker.compare.statistics.intervals import wilson
from tracker.figures.labels import order_modes, paper_mode, paper_model
from tracker.figures.reliability import Bin, Reliability, draw_reliability
from tracker.records import Arm

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNCALIBRATED, CALIBRATED = "as trained", "calibrated"


def reliability_figure(
    arms: Sequence[Answers],
    titles: Sequence[str],
    *,
    calibrated: str = CALIBRATED,
    note: str = "",
    synthetic: bool = False,
) -> Figure:
    """Draw the reliability diagram of each arm, side by side.

    Args:
        arms: What each answered; to the same classes.
        titles: What stands above each.
        calibrated: What calibrated answers are called.
        note: What the note below begins with.
        synthetic: Whether a program drew the images.
    """
    return draw_reliability(
        [list(_both(answers, calibrated)) for answers in arms],
        titles,
        classes=arms[0].classes,
        bins=BINS,
        note=note + _note(arms),
        synthetic=synthetic,
    )


def reliability_of_modes(answers: Mapping[Arm, Answers], model: str, *, synthetic: bool = False) -> Figure:
    """Draw the reliability diagrams of a model's modes, side by side.

    Args:
        answers: What each arm answered; of the same classes.
        model: The model.
        synthetic: Whether a program drew the images.
    """
    modes = order_modes(arm.mode for arm in answers if arm.model == model)
    return reliability_figure(
        [answers[Arm(model, mode)] for mode in modes],
        [paper_mode(mode) for mode in modes],
        note=f"{paper_model(model)}: ",
        synthetic=synthetic,
    )


def _both(answers: Answers, calibrated: str) -> Iterator[Reliability]:
    intervals = bootstrap_intervals(answers, ["ece", "ece_calibrated"])
    told = [(UNCALIBRATED, "ece", answers.probabilities)]
    told += [(calibrated, "ece_calibrated", answers.calibrated)] if answers.calibrated is not None else []
    for name, measure, probabilities in told:
        found = intervals.get(measure)
        interval = (found.both or found.patients) if found is not None else None
        yield Reliability(
            name,
            list(_bins(answers.correct, probabilities.max(2))),
            found.estimate if found is not None else None,
            interval.low if interval is not None else None,
            interval.high if interval is not None else None,
        )


def _bins(correct_RN: Truth, sure_RN: Floats) -> Iterator[Bin]:
    """Yield the bins that have images; those of several networks are put together, and count as one's."""
    places_RN, repetitions = bins_of(sure_RN), len(sure_RN)
    for place in range(BINS):
        inside_RN = (places_RN == place) & np.isfinite(sure_RN)
        if not inside_RN.any():
            continue
        images = int(inside_RN.sum()) / repetitions
        right = float(correct_RN[inside_RN].mean())
        trials = max(1, round(images))
        low, high = wilson(round(right * trials), trials)
        sure = float(sure_RN[inside_RN].mean())
        yield Bin(place, sure, right, min(low, right), max(high, right), images)


def _note(arms: Sequence[Answers]) -> str:
    images, networks = arms[0].images, sorted({answers.repetitions for answers in arms})
    counts = f"{networks[0]} to {networks[-1]}" if len(networks) > 1 else str(networks[0])
    several = f", mean of {counts} networks" if networks[-1] > 1 else ""
    patients = len(np.unique(arms[0].patients))
    of = f" of {patients} patients" if patients < images else ""
    return f"{images} test images{of}{several}; ECE with 95 % interval (bootstrap)."
