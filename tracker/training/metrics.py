"""What is measured of predictions: loss, accuracy and AUROC.

Letters of shapes: N images, K classes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score
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
    """Return the area under the ROC curve, 0 to 1: the mean over classes of one against the rest.

    For two classes that is the area of either class (Hand & Till, Machine Learning 45, 2001, for more).
    It is nan if a probability is: a network whose weights are no longer finite has no ranking.
    """
    if not torch.isfinite(probabilities_NK).all():
        return float("nan")
    if probabilities_NK.shape[1] == 2:
        return float(roc_auc_score(labels_N.numpy(), probabilities_NK[:, 1].numpy()))
    one_hot_NK = F.one_hot(labels_N, probabilities_NK.shape[1])
    return float(roc_auc_score(one_hot_NK.numpy(), probabilities_NK.numpy(), average="macro"))
