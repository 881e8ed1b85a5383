"""What is measured of predictions: loss, accuracy and AUROC.

Letters of shapes: N images, H networks, K classes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def measure(logits_NK: Tensor, labels_N: Tensor) -> dict[str, float]:
    """Return `loss`, `accuracy` and `auroc` of some images.

    Args:
        logits_NK: float32, on the CPU.
        labels_N: int64, 0 to K - 1, every class at least once.
    """
    return {
        "loss": F.cross_entropy(logits_NK, labels_N).item(),
        "accuracy": accuracy(logits_NK, labels_N),
        "auroc": auroc(logits_NK.softmax(1), labels_N),
    }


def accuracy(logits_NK: Tensor, labels_N: Tensor) -> float:
    """Return the fraction of images, 0 to 1, whose class got the largest logit."""
    return (logits_NK.argmax(1) == labels_N).double().mean().item()


def auroc(probabilities_NK: Tensor, labels_N: Tensor) -> float:
    """Return the area under the ROC curve, 0 to 1; see `aurocs`."""
    return aurocs(probabilities_NK[:, None], labels_N).item()


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
