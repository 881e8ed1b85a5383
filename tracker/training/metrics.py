"""What is measured of predictions: the loss, and the scores, each declared in `scores` alone.

Letters of shapes: N images, H networks, K classes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def measure(logits_NK: Tensor, labels_N: Tensor) -> dict[str, float]:
    """Return `loss` and the scores of one network for some images.

    Args:
        logits_NK: float32, on the CPU.
        labels_N: int64, 0 to K - 1, every class at least once.
    """
    values = scores(logits_NK[:, None], labels_N)
    loss = F.cross_entropy(logits_NK, labels_N).item()
    return {"loss": loss, **{name: value_1.item() for name, value_1 in values.items()}}


def scores(logits_NHK: Tensor, labels_N: Tensor) -> dict[str, Tensor]:
    """Return every metric but the loss, of H networks, by the name under which it is recorded.

    Args:
        logits_NHK: float32, on the CPU.
        labels_N: int64, 0 to K - 1, every class at least once.

    Returns:
        float64 [H] each.
    """
    return {
        "accuracy": correct(logits_NHK, labels_N).double().mean(0),
        "auroc": aurocs(logits_NHK.softmax(2), labels_N),
    }


def correct(logits_NHK: Tensor, labels_N: Tensor) -> Tensor:
    """Return where the class of the largest logit is that of the image: bool [N, H]."""
    return logits_NHK.argmax(2) == labels_N[:, None]


def aurocs(probabilities_NHK: Tensor, labels_N: Tensor) -> Tensor:
    """Return the areas [H] under the ROC curves of H networks: the mean over classes of one against the rest.

    For two classes that is the area of either class (Hand & Till, Machine Learning 45, 2001, for more).
    It is nan if a probability is: a network whose weights are no longer finite has no ranking.
    The area is the Mann-Whitney statistic, so it comes from ranks (Hanley & McNeil, Radiology 143, 1982).

    Args:
        probabilities_NHK: float32, on the CPU.
        labels_N: int64, 0 to K - 1, every class at least once.

    Returns:
        float64.
    """
    classes = probabilities_NHK.shape[2]
    # One of two classes is enough.
    scored = [1] if classes == 2 else list(range(classes))
    ranks_KHN = _ranks(probabilities_NHK[:, :, scored].permute(2, 1, 0).contiguous())
    positive_KN = F.one_hot(labels_N, classes).T[scored].double()
    positives_K1 = positive_KN.sum(1, keepdim=True)
    negatives_K1 = len(labels_N) - positives_K1
    rank_sums_KH = (ranks_KHN * positive_KN[:, None]).sum(2)
    areas_KH = (rank_sums_KH - positives_K1 * (positives_K1 + 1) / 2) / (positives_K1 * negatives_K1)
    finite_H = probabilities_NHK.isfinite().all(2).all(0)
    return areas_KH.mean(0).masked_fill(~finite_H, float("nan"))


def _ranks(scores: Tensor) -> Tensor:
    """Return float64 ranks from 1 along the last dimension, equal scores sharing the mean of theirs."""
    ordered = scores.sort().values
    below, up_to = (torch.searchsorted(ordered, scores, right=right) for right in (False, True))
    return (below + up_to + 1).double() / 2
