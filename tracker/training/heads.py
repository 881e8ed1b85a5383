"""Many linear heads over the same features, trained at once as the columns of one matrix.

Each becomes what `Training` makes of it alone, to rounding. One product for all of them costs far less than
a product for each, because a head's own is so small that calling it costs more than computing it.

Letters of shapes: B images of a batch, N images of a part, D features, E = D + 1 with a constant one whose
weight is the bias, H heads, K classes, C = H K columns.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from tracker.config.recipe import Recipe
from tracker.records import Part
from tracker.training.epoch import BegunEpoch
from tracker.training.examples import Examples
from tracker.training.head_optimizers import Rates, epoch_rates, make_head_optimizer, schedule_factors
from tracker.training.metrics import correct, scores

_OF_A_HEAD = frozenset({"lr", "weight_decay"})


def linear_head(tail: nn.Module) -> nn.Linear | None:
    """Return the linear layer that a tail consists of; None if it computes anything else.

    Args:
        tail: What `cut_network` gives.
    """
    if not isinstance(tail, fx.GraphModule):
        return None
    nodes = list(tail.graph.nodes)
    steps = [node.op for node in nodes]
    if steps != ["placeholder", "call_module", "output"] or nodes[2].args[0] is not nodes[1]:
        return None
    layer = tail.get_submodule(str(nodes[1].target))
    # Not a subclass: it may compute something else.
    return layer if type(layer) is nn.Linear else None


class Heads:
    """Linear heads in training, all from the same start, on the same batches in the same order.

    Args:
        head: What each starts from; it is not changed.
        examples: What they are trained on: features [rows, D], of which those of the parts are read, once.
        recipes: One a head; they differ in nothing but `lr` and `weight_decay`.
        device: Where.

    Raises:
        ValueError: If the recipes differ in anything else.
    """

    def __init__(
        self, head: nn.Linear, examples: Examples, recipes: Sequence[Recipe], *, device: torch.device
    ) -> None:
        _check_alike(recipes)
        self._start = head
        self._recipes = recipes
        self._device = device
        self._features = {
            part: F.pad(examples.store.batch(rows, device), (0, 1), value=1.0)
            for part, rows in examples.parts.items()
        }
        self._positive = examples.positive
        self._labels = {part: examples.labels[rows].to(device) for part, rows in examples.parts.items()}
        start_EK = torch.cat([head.weight.detach().T, head.bias.detach()[None]]).to(device)
        self._weights_EC = start_EK.repeat(1, len(recipes))
        self._gradient_EC = torch.empty_like(self._weights_EC)
        self._optimizer = make_head_optimizer(self._weights_EC, recipes[0])
        self._factors = schedule_factors(recipes[0])
        self._order = torch.Generator().manual_seed(recipes[0].seed)
        self._lost_H = torch.zeros(len(recipes), dtype=torch.bool)
        self.epoch = 0

    def run_epoch(self) -> dict[str, Tensor]:
        """Train one epoch and measure it.

        Returns:
            `train/loss`, `train/accuracy`, and the loss and scores of each other part: float64 [H] on
            the CPU. All are nan for a head from the epoch on in which one of its losses was not
            finite; `Training` would have stopped there.
        """
        metrics = self._train()
        for part in self._features:
            if part != "train":
                metrics |= self._measured(part)
        self.epoch += 1
        losses = torch.stack([values for name, values in metrics.items() if name.endswith("/loss")])
        self._lost_H |= ~losses.isfinite().all(0)
        return {name: values.masked_fill(self._lost_H, float("nan")) for name, values in metrics.items()}

    def head(self, index: int) -> nn.Linear:
        """Return a copy of the head that the recipe with this index trains, as it is now."""
        head = copy.deepcopy(self._start)
        weights_EK = self._weights_EC.view(-1, len(self._recipes), self._start.out_features)[:, index]
        with torch.no_grad():
            head.weight.copy_(weights_EK[:-1].T)
            head.bias.copy_(weights_EK[-1])
        return head

    def _train(self) -> dict[str, Tensor]:
        """Train on all batches, and return what they measured as they came."""
        features_NE, labels_N = self._features["train"], self._labels["train"]
        order_N = torch.randperm(len(labels_N), generator=self._order).to(self._device)
        begun = BegunEpoch(order_N, self._recipes[0].batch_size)
        factor, classes = self._factors[self.epoch], self._start.out_features
        rates = epoch_rates(self._recipes, factor, classes=classes, device=self._device)
        for rows_B in begun.batches_left():
            begun.add(*self._step(features_NE[rows_B], labels_N[rows_B], rates))
        sums = {"loss": begun.losses, "accuracy": begun.correct}
        return {
            f"train/{name}": torch.stack(values).cpu().double().sum(0) / len(labels_N)
            for name, values in sums.items()
        }

    def _step(self, features_BE: Tensor, labels_B: Tensor, rates: Rates) -> tuple[Tensor, Tensor]:
        """Return, for each head, the sum of the losses and how many images were classified correctly."""
        logits_BHK = self._logits(features_BE)
        log_probabilities_BHK = logits_BHK.log_softmax(2)
        # The gradient of the mean cross entropy by the logits.
        one_hot_B1K = F.one_hot(labels_B, logits_BHK.shape[2])[:, None]
        slope_BHK = (log_probabilities_BHK.exp() - one_hot_B1K) / len(labels_B)
        torch.mm(features_BE.T, slope_BHK.flatten(1), out=self._gradient_EC)
        self._optimizer.step(self._gradient_EC, rates)
        return _losses(log_probabilities_BHK, labels_B).sum(0), correct(logits_BHK, labels_B).sum(0)

    def _logits(self, features_BE: Tensor) -> Tensor:
        logits_BC = features_BE @ self._weights_EC
        return logits_BC.view(-1, len(self._recipes), self._start.out_features)

    def _measured(self, part: Part) -> dict[str, Tensor]:
        logits_NHK, labels_N = self._logits(self._features[part]).cpu(), self._labels[part].cpu()
        measured = scores(logits_NHK, labels_N, positive=self._positive)
        return {f"{part}/{name}": values_H for name, values_H in measured.items()}


def _losses(log_probabilities_BHK: Tensor, labels_B: Tensor) -> Tensor:
    """Return cross entropies [B, H]."""
    rows_B = torch.arange(len(labels_B), device=labels_B.device)
    return -log_probabilities_BHK[rows_B, :, labels_B]


def _check_alike(recipes: Sequence[Recipe]) -> None:
    fields = [name for name in Recipe.model_fields if name not in _OF_A_HEAD]
    unlike = [name for name in fields if len({getattr(recipe, name) for recipe in recipes}) > 1]
    if unlike:
        raise ValueError(
            "recipes of heads that train at once must differ in lr and weight_decay only, "
            f"but these differ in {', '.join(unlike)}"
        )
