"""The temperature that makes a network's probabilities mean what they say, fitted to validation images.

Letters of shapes: N images, K classes.
"""

from __future__ import annotations

import numpy as np

from tracker.compare.statistics.answers import Floats, Whole

BOUNDS = (1e-3, 1e3)
"""Temperatures that are looked at: where the best is at an end of these, there is none."""

_GRID = 61
_TOLERANCE = 1e-9


class NoTemperature(ValueError):
    """There is no temperature for these images; the message is the reason."""


def fit_temperature(logits_NK: Floats, labels_N: Whole) -> float:
    """Return what to divide logits by so that the loss of validation images is lowest.

    It keeps the order of the classes. The loss is the sum of the cross entropies, less half the logarithm of
    the Fisher information of 1 / temperature: where a few images are all right, or as good as, the plain
    loss falls all the way to temperature 0, and every answer would be called certain. Of many images, this
    penalty weighs nothing.

    Args:
        logits_NK: Of validation images, never of those that are tested; or logarithms of probabilities.
        labels_N: The true classes, 0 to K - 1.

    Raises:
        NoTemperature: There is none; says why.

    Source: C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, Proceedings of Machine Learning Research 70 (2017)
    1321-1330; the penalty: D. Firth, Biometrika 80 (1993) 27-38, and where classes can be told apart without
    an error, G. Heinze and M. Schemper, Statistics in Medicine 21 (2002) 2409-2419.
    """
    from scipy.optimize import minimize_scalar

    _check(logits_NK, labels_N)
    # Loss and penalty know differences alone, and small ones lose nothing in an exponential.
    relative_NK = logits_NK - logits_NK.max(1, keepdims=True)
    lowest, highest = np.log(BOUNDS)
    grid = np.linspace(lowest, highest, _GRID)
    losses = [_penalized_loss(relative_NK, labels_N, place) for place in grid]
    best = int(np.argmin(losses))
    if best in (0, _GRID - 1):
        raise NoTemperature("the validation answers are no better than chance")
    found = minimize_scalar(
        lambda place: _penalized_loss(relative_NK, labels_N, place),
        bounds=(grid[best - 1], grid[best + 1]),
        method="bounded",
        options={"xatol": _TOLERANCE},
    )
    return float(np.exp(found.x))


def tempered(log_shares_NK: Floats, temperature: float) -> Floats:
    """Return the probabilities [..., K] of logits, or of logarithms of probabilities, at a temperature.

    Args:
        log_shares_NK: [..., K]; may be -inf.
        temperature: What they are divided by, above 0.
    """
    scaled_NK = (log_shares_NK - log_shares_NK.max(-1, keepdims=True)) / temperature
    shares_NK = np.exp(scaled_NK)
    shares: Floats = shares_NK / shares_NK.sum(-1, keepdims=True)
    return shares


def _check(logits_NK: Floats, labels_N: Whole) -> None:
    if len(labels_N) == 0:
        raise NoTemperature("there are no validation images")
    if not np.isfinite(logits_NK).all():
        raise NoTemperature("a validation answer is not finite")
    if len(np.unique(labels_N)) == 1:
        raise NoTemperature("all validation images are of one class")
    if not np.ptp(logits_NK, axis=1).any():
        raise NoTemperature("the validation answers hold no class likelier than another")


def _penalized_loss(relative_NK: Floats, labels_N: Whole, log_temperature: float) -> float:
    shares_NK = tempered(relative_NK, np.exp(log_temperature))
    scaled_NK = relative_NK / np.exp(log_temperature)
    losses_N = np.log(np.exp(scaled_NK).sum(1)) - scaled_NK[np.arange(len(labels_N)), labels_N]
    means_N1 = (shares_NK * relative_NK).sum(1, keepdims=True)
    information = (shares_NK * np.square(relative_NK - means_N1)).sum()
    with np.errstate(divide="ignore"):
        return float(losses_N.sum() - np.log(information) / 2)
