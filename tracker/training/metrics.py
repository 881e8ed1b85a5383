"""What is measured of predictions, each number declared in `scores` alone.

Everything is computed in double from the logits: the softmax of confident logits is 0 and 1, in which
images can neither be ranked nor told apart by their loss.

Letters of shapes: N images, H networks, K classes.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from tracker.training.confusion import Confusion


def measure(logits_NK: Tensor, labels_N: Tensor, *, positive: int | None = None) -> dict[str, float]:
    """Return the loss and the scores of one network for some images.

    Args:
        logits_NK: float32, on the CPU.
        labels_N: int64, 0 to K - 1.
        positive: The class that is the finding, as `scores` takes it.
    """
    values = scores(logits_NK[:, None], labels_N, positive=positive)
    return {name: value_1.item() for name, value_1 in values.items()}


def scores(logits_NHK: Tensor, labels_N: Tensor, *, positive: int | None = None) -> dict[str, Tensor]:
    """Return every metric of H networks, by the name under which it is recorded.

    Where a class has no image, what needs one is nan: the loss and the accuracy alone do not.

    Args:
        logits_NHK: float32, on the CPU.
        labels_N: int64, 0 to K - 1.
        positive: Of two classes, the one that sensitivity, specificity and F1 are of; None: the last. Of
            more classes, these are means over the classes, each against the rest.

    Returns:
        float64 [H] each.
    """
    log_odds_NHK = log_odds(logits_NHK)
    confusion = Confusion.of(logits_NHK, labels_N, positive=positive)
    return {
        "loss": losses(log_odds_NHK, labels_N).mean(0),
        "accuracy": correct(logits_NHK, labels_N).double().mean(0),
        "balanced_accuracy": confusion.recalls.mean(1),
        "sensitivity": confusion.of_the_finding(confusion.recalls),
        "specificity": confusion.of_the_finding(confusion.specificities),
        "f1": confusion.of_the_finding(confusion.f1),
        "auroc": aurocs(log_odds_NHK, labels_N),
    }


def log_odds(logits_NHK: Tensor) -> Tensor:
    """Return the logarithm of each class's odds: its logit less the log-sum-exp of the others.

    They rank as probabilities do, without an end at 0 and 1. What is not finite is nan.

    Args:
        logits_NHK: Of any precision.

    Returns:
        float64 [N, H, K].
    """
    exact_NHK = logits_NHK.double()
    if exact_NHK.shape[2] == 2:
        # A difference keeps equal images equal to the last bit.
        odds_NHK = exact_NHK - exact_NHK.flip(2)
    else:
        log_shares_NHK = exact_NHK.log_softmax(2)
        odds_NHK = log_shares_NHK - torch.log1p(-log_shares_NHK.exp())
        # The largest share alone can be so near to 1 that nothing is left of the others.
        top_NH1 = exact_NHK.argmax(2, keepdim=True)
        others_NH1 = exact_NHK.scatter(2, top_NH1, -math.inf).logsumexp(2, keepdim=True)
        odds_NHK = odds_NHK.scatter(2, top_NH1, exact_NHK.gather(2, top_NH1) - others_NH1)
    return odds_NHK.masked_fill(~odds_NHK.isfinite(), math.nan)


def losses(log_odds_NHK: Tensor, labels_N: Tensor) -> Tensor:
    """Return the cross entropies [N, H] of images, from the log-odds of their own class."""
    own_NH = log_odds_NHK[torch.arange(len(labels_N)), :, labels_N]
    return -F.logsigmoid(own_NH)


def correct(logits_NHK: Tensor, labels_N: Tensor) -> Tensor:
    """Return where the class of the largest logit is that of the image: bool [N, H]."""
    return logits_NHK.argmax(2) == labels_N[:, None]


def aurocs(log_odds_NHK: Tensor, labels_N: Tensor) -> Tensor:
    """Return the areas [H] under the ROC curves of H networks: the mean over classes of one against the rest.

    For two classes that is the area of either class (Hand & Till, Machine Learning 45, 2001, for more).
    It is nan if a score is: a network whose weights are no longer finite has no ranking. It is nan, too, if
    a class has no image, or has all of them.
    The area is the Mann-Whitney statistic, so it comes from ranks (Hanley & McNeil, Radiology 143, 1982).

    Args:
        log_odds_NHK: What ranks the images for each class; on the CPU.
        labels_N: int64, 0 to K - 1.

    Returns:
        float64.
    """
    classes = log_odds_NHK.shape[2]
    # One of two classes is enough.
    scored = [1] if classes == 2 else list(range(classes))
    ranks_KHN = _ranks(log_odds_NHK[:, :, scored].permute(2, 1, 0).contiguous())
    positive_KN = F.one_hot(labels_N, classes).T[scored].double()
    positives_K1 = positive_KN.sum(1, keepdim=True)
    negatives_K1 = len(labels_N) - positives_K1
    rank_sums_KH = (ranks_KHN * positive_KN[:, None]).sum(2)
    areas_KH = (rank_sums_KH - positives_K1 * (positives_K1 + 1) / 2) / (positives_K1 * negatives_K1)
    finite_H = log_odds_NHK.isfinite().all(2).all(0)
    return areas_KH.mean(0).masked_fill(~finite_H, math.nan)


def _ranks(scores: Tensor) -> Tensor:
    """Return float64 ranks from 1 along the last dimension, equal scores sharing the mean of theirs."""
    ordered = scores.sort().values
    below, up_to = (torch.searchsorted(ordered, scores, right=right) for right in (False, True))
    return (below + up_to + 1).double() / 2
