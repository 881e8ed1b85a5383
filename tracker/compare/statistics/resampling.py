"""How often each image, and each repetition, counts in each resample.

Letters of shapes: R repetitions, N images, P patients, B resamples.
"""

from __future__ import annotations

import numpy as np

from tracker.compare.statistics.answers import Floats, Whole


def patient_weights(patients_N: Whole, resamples: int, generator: np.random.Generator) -> Floats:
    """Return how often each image counts: as often as its patient was drawn.

    As many patients as there are are drawn with replacement, each with all of its images.

    Args:
        patients_N: A number for each image; the same one for all images of a patient.
        resamples: How many, B.
        generator: Where chance comes from.

    Returns:
        weights_BN, whole numbers.

    Source: A. C. Davison and D. V. Hinkley, Bootstrap Methods and their Application (1997), section 3.8.
    """
    patients, place_N = np.unique(patients_N, return_inverse=True)
    return _drawn(len(patients), len(patients), resamples, generator)[:, place_N]


def repetition_weights(repetitions: int, resamples: int, generator: np.random.Generator) -> Floats:
    """Return the share that each repetition has in the mean of each resample.

    One fewer than there are is drawn: the mean of R drawn of R varies too little, by (R - 1) / R, which for
    three seeds is a third of the variance.

    Args:
        repetitions: How many there are, two at least.
        resamples: How many, B.
        generator: Where chance comes from.

    Returns:
        shares_BR, which sum to one.

    Source: J. N. K. Rao and C. F. J. Wu, Journal of the American Statistical Association 83 (1988) 231-241.
    """
    return _drawn(repetitions, repetitions - 1, resamples, generator) / (repetitions - 1)


def _drawn(kinds: int, draws: int, resamples: int, generator: np.random.Generator) -> Floats:
    """Return how often each kind was drawn in each resample: [B, kinds]."""
    drawn = generator.integers(kinds, size=(resamples, draws))
    places = drawn + kinds * np.arange(resamples)[:, None]
    counts: Floats = np.bincount(places.ravel(), minlength=resamples * kinds).astype(np.float64)
    return counts.reshape(resamples, kinds)
