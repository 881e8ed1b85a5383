"""Areas under curves, of weighted images: how well scores tell images of a class from the others.

Only the order of the scores counts, so that infinite ones do no harm; equal scores are one step of the curve.
Scores of different networks have no common order: of folds, the areas are the mean of those of each fold.

Letters of shapes: R repetitions, N images, K classes, B resamples, L different scores, F folds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tracker.compare.statistics.answers import Answers, Floats, Truth
from tracker.compare.statistics.shares import finding_of


def auroc(answers: Answers, weights_BN: Floats) -> Floats:
    """Return the area [B, R] under the ROC curve: of the finding, or the mean of each class against the rest.

    That is the share of pairs of one image of the class and another one in which the first has the higher
    score, equal scores counted as half.

    Source: J. A. Hanley and B. J. McNeil, Radiology 143 (1982) 29-36; the mean over folds: G. Forman and
    M. Scholz, ACM SIGKDD Explorations 12 (2010) 49-57.
    """
    return _each_against_the_rest(answers, weights_BN, _area_under_roc)


def average_precision(answers: Answers, weights_BN: Floats) -> Floats:
    """Return the average precision [B, R]: of the finding, or the mean of each class against the rest.

    That is the precision at each score, weighted by the recall that is gained there (no interpolation), as
    scikit-learn defines it.

    Source: M. Zhu, Recall, precision and average precision, University of Waterloo (2004).
    """
    return _each_against_the_rest(answers, weights_BN, _average_precision)


def _each_against_the_rest(
    answers: Answers, weights_BN: Floats, area: Callable[[Floats, Floats], Floats]
) -> Floats:
    finding = finding_of(answers)
    classes = range(answers.classes) if finding is None else [finding]
    areas_KRB = [
        [_area_of(answers, r, k, weights_BN, area) for r in range(answers.repetitions)] for k in classes
    ]
    mean: Floats = np.mean(areas_KRB, axis=0).T
    return mean


def _area_of(
    answers: Answers,
    repetition: int,
    place: int,
    weights_BN: Floats,
    area: Callable[[Floats, Floats], Floats],
) -> Floats:
    """Return the areas [B] of a class; of folds their mean, those without the class left out."""
    scores_N, positive_N = answers.scores[repetition, :, place], answers.labels == place
    if answers.folds is None or np.isnan(scores_N).any():
        return _area(scores_N, positive_N, weights_BN, area)
    folds_N = answers.folds[repetition]
    areas_FB = np.stack(
        [
            _area(scores_N[its_N], positive_N[its_N], weights_BN[:, its_N], area)
            for its_N in (folds_N == fold for fold in np.unique(folds_N))
        ]
    )
    known_FB = ~np.isnan(areas_FB)
    number_B = known_FB.sum(0)
    sum_B = np.where(known_FB, areas_FB, 0).sum(0)
    mean_B: Floats = np.where(number_B > 0, sum_B / np.maximum(number_B, 1), np.nan)
    return mean_B


def _area(
    scores_N: Floats, positive_N: Truth, weights_BN: Floats, area: Callable[[Floats, Floats], Floats]
) -> Floats:
    if np.isnan(scores_N).any():
        return np.full(len(weights_BN), np.nan)
    descending_N = np.argsort(-scores_N, kind="stable")
    ordered_N = scores_N[descending_N]
    starts_L = np.flatnonzero(np.r_[True, ordered_N[1:] != ordered_N[:-1]])
    weights_BN = weights_BN[:, descending_N]
    positives_BN = weights_BN * positive_N[descending_N]
    positives_BL, all_BL = positives_BN, weights_BN
    if len(starts_L) < len(scores_N):
        positives_BL, all_BL = (
            np.add.reduceat(each, starts_L, axis=1) for each in (positives_BN, weights_BN)
        )
    return area(positives_BL, all_BL - positives_BL)


def _area_under_roc(positives_BL: Floats, negatives_BL: Floats) -> Floats:
    """Return the areas [B] from the weights at each score, highest first; nan without one of the two."""
    above_BL = positives_BL.cumsum(1) - positives_BL / 2
    pairs_B = positives_BL.sum(1) * negatives_BL.sum(1)
    won_B = np.einsum("bl,bl->b", above_BL, negatives_BL)
    area: Floats = np.where(pairs_B > 0, won_B / np.where(pairs_B > 0, pairs_B, 1), np.nan)
    return area


def _average_precision(positives_BL: Floats, negatives_BL: Floats) -> Floats:
    """Return the average precisions [B], as `_area_under_roc` the areas."""
    found_BL = positives_BL.cumsum(1)
    called_BL = found_BL + negatives_BL.cumsum(1)
    precision_BL = found_BL / np.where(called_BL > 0, called_BL, 1)
    gained_B = np.einsum("bl,bl->b", precision_BL, positives_BL)
    total_B = found_BL[:, -1]
    both_B = (total_B > 0) & (called_BL[:, -1] > total_B)
    area: Floats = np.where(both_B, gained_B / np.where(both_B, total_B, 1), np.nan)
    return area
