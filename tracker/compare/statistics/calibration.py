"""Whether probabilities mean what they say, of weighted images: Brier score, expected calibration error.

Letters of shapes: R repetitions, N images, K classes, B resamples, J bins.
"""

from __future__ import annotations

import numpy as np

from tracker.compare.statistics.answers import Answers, Floats, Whole
from tracker.compare.statistics.shares import finding_of

BINS = 10


def brier(answers: Answers, weights_BN: Floats) -> Floats:
    """Return the mean [B, R] of the squared errors of the probabilities.

    Of two classes, the error is that of the finding's probability, so that the score goes from 0 to 1. Of
    more, the squared errors of all classes are added, and it goes from 0 to 2 (for two classes, that sum
    would be twice the other).

    Source: G. W. Brier, Monthly Weather Review 78 (1950) 1-3.
    """
    return _brier(answers, answers.probabilities, weights_BN)


def brier_calibrated(answers: Answers, weights_BN: Floats) -> Floats:
    """Return `brier` [B, R] of the calibrated probabilities, which there have to be."""
    return _brier(answers, _calibrated(answers), weights_BN)


def ece(answers: Answers, weights_BN: Floats) -> Floats:
    """Return the expected calibration error [B, R] of the highest probability, in ten bins of equal width.

    In each bin, which its upper end belongs to: how far the mean probability is from the share of images that
    are right. These are averaged, each bin as often as it has images. It is above zero also for perfect
    probabilities, by chance, and the more so the fewer images there are.

    Source: C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, Proceedings of Machine Learning Research 70 (2017)
    1321-1330.
    """
    return _ece(answers, answers.probabilities, weights_BN)


def ece_calibrated(answers: Answers, weights_BN: Floats) -> Floats:
    """Return `ece` [B, R] of the calibrated probabilities, which there have to be."""
    return _ece(answers, _calibrated(answers), weights_BN)


def bins_of(sure: Floats) -> Whole:
    """Return the bin, 0 to 9, that each highest probability is in; a bin holds its upper end."""
    # Another bin for nan: it spreads from there into the sum.
    bins: Whole = np.clip(np.ceil(np.nan_to_num(sure) * BINS) - 1, 0, BINS - 1).astype(int)
    return bins


def _calibrated(answers: Answers) -> Floats:
    assert answers.calibrated is not None
    return answers.calibrated


def _brier(answers: Answers, probabilities_RNK: Floats, weights_BN: Floats) -> Floats:
    errors_RNK = probabilities_RNK - (answers.labels[:, None] == np.arange(answers.classes))
    finding = finding_of(answers)
    squares_RNK = np.square(errors_RNK)
    squares_RN = squares_RNK.sum(2) if finding is None else squares_RNK[:, :, finding]
    mean: Floats = weights_BN @ squares_RN.T / weights_BN.sum(1)[:, None]
    return mean


def _ece(answers: Answers, probabilities_RNK: Floats, weights_BN: Floats) -> Floats:
    sure_RN = probabilities_RNK.max(2)
    bins_RN = bins_of(sure_RN)
    gaps_RNJ = np.where(bins_RN[:, :, None] == np.arange(BINS), (answers.correct - sure_RN)[:, :, None], 0.0)
    repetitions, images, _ = gaps_RNJ.shape
    gaps = gaps_RNJ.transpose(1, 0, 2).reshape(images, repetitions * BINS)
    total_BRJ = (weights_BN @ gaps).reshape(len(weights_BN), repetitions, BINS)
    error: Floats = np.abs(total_BRJ).sum(2) / weights_BN.sum(1)[:, None]
    return error
