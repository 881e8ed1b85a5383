"""Where a trained network is to be used, as its validation images choose it: threshold and temperature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tracker.compare.statistics.answers import Floats
from tracker.compare.statistics.temperature import NoTemperature, fit_temperature, tempered
from tracker.compare.statistics.thresholds import youden
from tracker.records import Prediction


@dataclass(frozen=True)
class OperatingPoint:
    """Where a trained network is to be used.

    Attributes:
        positive: Of two classes, the one that is the finding; None: there are more than two.
        threshold: The finding's log-odds from which an image is called so; None: there is no finding, or
            no validation image.
        temperature: What logits are divided by for calibrated probabilities; None: it could not be fitted.
        uncalibrated: Why there is no temperature; empty where there is one.
    """

    positive: str | None = None
    threshold: float | None = None
    temperature: float | None = None
    uncalibrated: str = ""


def operating_point(validated: Sequence[Prediction], positive: str | None) -> OperatingPoint:
    """Return what the answers to validation images choose.

    Args:
        validated: Of one epoch's network.
        positive: Of two classes, the one that is the finding; None: there are more than two.
    """
    threshold = None if positive is None else finding_threshold(validated, positive)
    try:
        return OperatingPoint(positive, threshold, temperature_of(validated))
    except NoTemperature as reason:
        return OperatingPoint(positive, threshold, uncalibrated=str(reason))


def finding_threshold(validated: Sequence[Prediction], positive: str) -> float | None:
    """Return what the validation images choose; None where there are none, or the class is none of theirs.

    Args:
        validated: Of one epoch's network.
        positive: The class that is the finding.
    """
    if not validated or positive not in validated[0].probabilities:
        return None
    scores = np.array([one.score(positive) for one in validated])
    return youden(scores, np.array([one.label == positive for one in validated]))


def temperature_of(validated: Sequence[Prediction]) -> float:
    """Return the temperature that the answers to validation images give.

    Args:
        validated: Of one epoch's network.

    Raises:
        NoTemperature: There is none; says why.
    """
    if not validated:
        raise NoTemperature("there are no validation images")
    classes = list(validated[0].probabilities)
    if any(one.label not in classes for one in validated):
        raise NoTemperature("a validation image is of a class that the network does not know")
    labels = np.array([classes.index(one.label) for one in validated])
    return fit_temperature(log_shares(validated), labels)


def calibrated_shares(
    validated: Sequence[Prediction], asked: Sequence[Prediction], *, temperature: float | None = None
) -> Sequence[Mapping[str, float] | None]:
    """Return the probabilities of answers, by class, at the temperature that validation images give.

    Args:
        validated: Of one epoch's network.
        asked: Of the same network.
        temperature: What is known of it already; None: it is fitted.

    Returns:
        None each where there is no temperature, or an answer is not finite.
    """
    try:
        temperature = temperature_of(validated) if temperature is None else temperature
    except NoTemperature:
        return [None] * len(asked)
    shares_NK = tempered(log_shares(asked), temperature)
    if not np.isfinite(shares_NK).all():
        return [None] * len(asked)
    return [dict(zip(asked[0].probabilities, row, strict=True)) for row in shares_NK.tolist()]


def log_shares(predictions: Sequence[Prediction]) -> Floats:
    """Return the logarithms [N, K] of probabilities, exact also where these are 0 or 1.

    Args:
        predictions: Of the same classes, in the same order.
    """
    classes = list(predictions[0].probabilities)
    odds_NK = np.array([[one.score(name) for name in classes] for one in predictions])
    logarithms: Floats = -np.logaddexp(0.0, -odds_NK)
    return logarithms
