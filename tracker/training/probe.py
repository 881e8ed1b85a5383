"""A linear probe: logistic regression on stored features, as scikit-learn computes it.

There is one solution, which no learning rate, number of epochs or seed changes. The features are standardized
on the training part, and the standardization becomes part of the weights of the linear layer.

Letters of shapes: N images of the training part, D features, K classes, R rows of coefficients (K, or 1 where
there are two classes).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from tracker.data.splits.division import divide
from tracker.errors import TrainingError
from tracker.records import EpochKind
from tracker.training.device import on_device
from tracker.training.evaluation import Evaluator, measure_parts
from tracker.training.examples import Examples
from tracker.training.heads import linear_head
from tracker.training.loop import Keep, Measured, Recorder, StopPoint, go_on
from tracker.training.rows import reader_of

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

GRID = tuple(10.0**power for power in range(-6, 3))
"""The inverse penalties that are tried, scikit-learn's `C`: a small one keeps weights near zero."""

FOLDS = 5
"""Folds of the training part that the penalty is chosen on, where every class has as many patients."""

UNCHOSEN = 1.0
"""The inverse penalty where the patients of a class are too few to choose one: scikit-learn's default."""

_TOLERANCE, _STEPS = 1e-8, 10_000

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Probe:
    """A last layer that is solved for.

    The penalty is the one with the lowest mean cross entropy over images of the training part that were left
    out in turn, all images of a patient together; of equals the stronger one. Validation and test images
    take no part in it.

    Args:
        tail: One linear layer over the rows of the store.
        examples: What it is fitted to and measured on.
        device: Where it is measured; it is fitted on the processor.
        tell: Told, as tags, which penalty was chosen and how.

    Raises:
        TrainingError: The tail is anything else.
    """

    def __init__(
        self,
        tail: nn.Module,
        examples: Examples,
        *,
        device: torch.device,
        tell: Callable[[Mapping[str, str]], None],
    ) -> None:
        layer = linear_head(tail)
        if layer is None:
            raise TrainingError(
                "a probe must be one linear layer over features",
                but="the network computes more after its features",
                do="Use --mode feature-extractor, or another network.",
            )
        self._tail, self._layer = on_device(tail, device), layer
        self._examples = examples
        self._device = device
        self._tell = tell

    def restore(self, state: Mapping[str, Any]) -> bool:
        """Return that there is nothing to go on from: it is solved in one step."""
        return False

    def run(
        self,
        recorder: Recorder,
        *,
        keep: Keep | None = None,
        stop_point: StopPoint = go_on,
    ) -> dict[EpochKind, Measured]:
        """Solve for the layer, and record what it reaches as that of one epoch.

        Training loss and accuracy are those of the layer as it is in the end, without the penalty.

        Args:
            recorder: Receives what was measured.
            keep: Not called: the same examples give the same layer.
            stop_point: Called before each fit.

        Returns:
            The one epoch, as the last and as the best.

        Raises:
            TrainingError: A feature is not finite, or the solution is not reached.
            Interrupted: If a stop point says so.
        """
        rows_N = self._examples.parts["train"]
        features_ND = self._examples.store.batch(rows_N, torch.device("cpu")).double().numpy()
        if not np.isfinite(features_ND).all():
            raise TrainingError(
                "features must be finite numbers",
                but="some of the training part are not",
                do="Try --precision fp32, or other weights.",
            )
        fitted = self._fitted(features_ND, rows_N, stop_point)
        _put_into(self._layer, fitted)
        measured = self._measured()
        recorder.metrics(measured.metrics, step=measured.epoch)
        return {"best": measured, "final": measured}

    def _fitted(self, features_ND: Floats, rows_N: Tensor, stop_point: StopPoint) -> Pipeline:
        labels_N = self._examples.labels[rows_N].numpy()
        groups = self._examples.groups
        folds = _folds(labels_N, (groups[rows_N] if groups is not None else rows_N).numpy())
        losses: dict[float, float] = {}
        for penalty in GRID if folds else ():
            stop_point()
            loss = _held_out_loss(penalty, features_ND, labels_N, folds)
            losses |= {penalty: loss} if loss is not None else {}
        chosen = min(losses, key=losses.__getitem__, default=UNCHOSEN)
        stop_point()
        fitted = _fit(chosen, features_ND, labels_N)
        if fitted is None:
            raise TrainingError(
                "the logistic regression of a probe must reach its solution",
                but=f"it did not within {_STEPS} steps, with C {chosen:g}",
                do="Please report this; --mode feature-extractor trains such a layer step by step.",
            )
        self._tell(_tags(chosen, losses, len(folds)))
        return fitted

    def _measured(self) -> Measured:
        reader = reader_of(self._examples.store, self._device)
        evaluator = Evaluator(self._tail, reader, device=self._device)
        logits = {part: evaluator.logits(rows) for part, rows in self._examples.parts.items()}
        metrics = measure_parts(self._examples, logits)
        held_out = {name: value for name, value in metrics.items() if not name.startswith("train/")}
        of_training = {name: metrics[name] for name in ("train/loss", "train/accuracy")}
        logits.pop("train")
        return Measured(1, of_training | held_out, logits)


def _folds(labels_N: Ints, groups_N: Ints) -> list[tuple[Ints, Ints]]:
    """Return which images fit and which are left out, in turn; nothing where patients are too few.

    There are at most as many folds as the rarest class has patients, and fewer where one would be without a
    class to fit to.
    """
    rarest = min(len(set(groups_N[labels_N == label])) for label in set(labels_N))
    for count in range(min(FOLDS, rarest), 1, -1):
        fold_of_N = np.array(divide(labels_N.tolist(), groups_N.tolist(), count, seed=0))
        folds = [
            (np.flatnonzero(fold_of_N != fold), np.flatnonzero(fold_of_N == fold)) for fold in range(count)
        ]
        if all(len(set(labels_N[fit])) == len(set(labels_N)) and len(left) for fit, left in folds):
            return folds
    return []


def _held_out_loss(
    penalty: float, features_ND: Floats, labels_N: Ints, folds: list[tuple[Ints, Ints]]
) -> float | None:
    """Return the mean cross entropy of images that were left out; None where a fit has no solution."""
    total = 0.0
    for fit, left in folds:
        fitted = _fit(penalty, features_ND[fit], labels_N[fit])
        if fitted is None:
            return None
        scores = torch.from_numpy(fitted.decision_function(features_ND[left]))
        # Of two classes it has one score, the logit of the second.
        logits_NK = scores if scores.ndim == 2 else torch.stack([torch.zeros_like(scores), scores], 1)
        total += F.cross_entropy(logits_NK, torch.from_numpy(labels_N[left]), reduction="sum").item()
    return total / len(labels_N)


def _fit(penalty: float, features_ND: Floats, labels_N: Ints) -> Pipeline | None:
    """Return a standardization and a regression; None where that did not come to its solution."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    regression = LogisticRegression(C=penalty, tol=_TOLERANCE, max_iter=_STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            return make_pipeline(StandardScaler(), regression).fit(features_ND, labels_N)
        except ConvergenceWarning:
            return None


def _put_into(layer: nn.Linear, fitted: Pipeline) -> None:
    """Give a layer the weights that compute the same from features as they are."""
    scaler, regression = fitted[0], fitted[-1]
    weights_RD = regression.coef_ / scaler.scale_
    bias_R = regression.intercept_ - weights_RD @ scaler.mean_
    if len(weights_RD) == 1:
        # The softmax of these two is the logistic function of their difference.
        weights_RD, bias_R = (np.concatenate([-one / 2, one / 2]) for one in (weights_RD, bias_R))
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weights_RD))
        layer.bias.copy_(torch.from_numpy(bias_R))


def _tags(chosen: float, losses: Mapping[float, float], folds: int) -> dict[str, str]:
    told = {"tracker.probe_c": f"{chosen:g}", "tracker.probe_folds": str(folds)}
    if not losses:
        return told
    grid = ", ".join(f"{penalty:g} ({loss:.4f})" for penalty, loss in losses.items())
    return {**told, "tracker.probe_grid": grid}
