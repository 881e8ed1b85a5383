"""The threshold at which an image is called the finding, as the validation images choose it."""

from __future__ import annotations

import numpy as np

from tracker.compare.statistics.answers import Floats, Truth


def youden(scores_N: Floats, positives_N: Truth) -> float:
    """Return the threshold at which sensitivity + specificity - 1 is largest; called is score >= threshold.

    Between two neighboring scores every threshold calls the same; theirs is the middle of the gap. Of equal
    maxima, the one nearest to even odds (0) is taken; of two that are equally near, the lower one, which
    finds more. Even odds are also the answer where there is nothing to choose from: no scores, one class,
    nan among the scores, or no threshold better than calling all images alike.
    Beside an infinite score, a gap has no middle: the threshold is 0 where that lies in the gap, and else the
    gap's finite end, moved by the smallest step that calls the same.

    Args:
        scores_N: Log-odds of the finding; of validation images, never of those that are tested.
        positives_N: Which images are of the finding.

    Source: W. J. Youden, Cancer 3 (1950) 32-35.
    """
    if len(scores_N) == 0 or positives_N.all() or not positives_N.any() or np.isnan(scores_N).any():
        return 0.0
    levels_L = np.unique(scores_N)
    gained_L = _gained_above(levels_L, scores_N, positives_N)
    # Every gap lies below one level but the lowest; what is called there is that level and all above.
    best = np.flatnonzero(np.isclose(gained_L, gained_L.max(), rtol=0, atol=1e-12))
    if gained_L.max() <= 1e-12:
        return 0.0
    thresholds = [_between(float(levels_L[place]), float(levels_L[place + 1])) for place in best]
    return min(thresholds, key=lambda threshold: (abs(threshold), threshold))


def _gained_above(levels_L: Floats, scores_N: Floats, positives_N: Truth) -> Floats:
    """Return sensitivity + specificity - 1 where all levels but the first 1, 2, ... are called."""
    positives = np.sort(scores_N[positives_N])
    negatives = np.sort(scores_N[~positives_N])
    below_positives = np.searchsorted(positives, levels_L[1:]) / len(positives)
    below_negatives = np.searchsorted(negatives, levels_L[1:]) / len(negatives)
    gained: Floats = below_negatives - below_positives
    return gained if len(gained) else np.zeros(1)


def _between(low: float, high: float) -> float:
    """Return a finite threshold above the lower score and not above the higher."""
    if np.isfinite(low) and np.isfinite(high):
        middle = low / 2 + high / 2
        # Scores next to each other have nothing between them.
        return middle if low < middle <= high else high
    if low < 0.0 <= high:
        return 0.0
    return high if np.isfinite(high) else float(np.nextafter(low, np.inf))
