"""Torch's optimizers and a recipe's schedule, for many heads that are the columns of one matrix.

Torch's own give a whole matrix one learning rate; here every column has its own. The steps are the same.

Letters of shapes: C columns (those of one head side by side), E weights a column.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

import torch
from torch import Tensor, optim

from tracker.config.recipe import Recipe
from tracker.training.optimizers import make_schedule

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Rates:
    """The settings of every column in one epoch, each float32 [C].

    Attributes:
        lr: Learning rates.
        decay: Weight decays; None if no head has any, which saves a pass over the weights.
        kept: What a decoupled weight decay leaves of a weight in a step; None with `decay`.
    """

    lr: Tensor
    decay: Tensor | None
    kept: Tensor | None


def epoch_rates(recipes: Sequence[Recipe], factor: float, *, classes: int, device: torch.device) -> Rates:
    """Return the settings of an epoch.

    Args:
        recipes: One a head.
        factor: What the schedule multiplies learning rates by.
        classes: Columns a head.
        device: Where the columns are.
    """

    def over_columns(values: Sequence[float]) -> Tensor:
        # Python's numbers are rounded once, as torch rounds the settings of an optimizer.
        return torch.tensor(values, dtype=torch.float32, device=device).repeat_interleave(classes)

    lrs = [recipe.lr * factor for recipe in recipes]
    decays = [recipe.weight_decay for recipe in recipes]
    if not any(decays):
        return Rates(over_columns(lrs), None, None)
    kept = [1 - lr * decay for lr, decay in zip(lrs, decays, strict=True)]
    return Rates(over_columns(lrs), over_columns(decays), over_columns(kept))


def schedule_factors(recipe: Recipe) -> list[float]:
    """Return what the schedule multiplies the learning rate by, one factor an epoch."""
    optimizer = optim.SGD([torch.zeros(1)], lr=1.0)
    schedule = make_schedule(optimizer, recipe)
    factors = []
    for _ in range(recipe.epochs):
        factors.append(optimizer.param_groups[0]["lr"])
        # Without a step of the optimizer before it, torch warns.
        optimizer.step()
        schedule.step()
    return factors


class HeadOptimizer(Protocol):
    """A rule that changes weights [E, C] in place."""

    def step(self, gradient_EC: Tensor, rates: Rates) -> None:
        """Make one step.

        Args:
            gradient_EC: The gradient of the loss; it is overwritten.
            rates: The settings of the epoch.
        """


class HeadSGD:
    """What `torch.optim.SGD` does with momentum (Sutskever et al., ICML 2013, as torch changed it).

    Args:
        weights_EC: Changed by each step.
        momentum: 0 to 1.
    """

    def __init__(self, weights_EC: Tensor, momentum: float) -> None:
        self._weights_EC = weights_EC
        self._momentum = momentum
        # From zero, the first step makes the buffer the gradient.
        self._buffer_EC = torch.zeros_like(weights_EC)

    def step(self, gradient_EC: Tensor, rates: Rates) -> None:
        """Make one step."""
        if rates.decay is not None:
            gradient_EC.addcmul_(self._weights_EC, rates.decay)
        self._buffer_EC.mul_(self._momentum).add_(gradient_EC)
        self._weights_EC.addcmul_(self._buffer_EC, rates.lr, value=-1)


class HeadAdam:
    """What `torch.optim.Adam` does (Kingma & Ba, ICLR 2015), or AdamW (Loshchilov & Hutter, ICLR 2019).

    Args:
        weights_EC: Changed by each step.
        decoupled: Whether weights decay by themselves (AdamW) and not as a part of the gradient.
    """

    def __init__(self, weights_EC: Tensor, *, decoupled: bool) -> None:
        self._weights_EC = weights_EC
        self._decoupled = decoupled
        self._mean_EC, self._square_EC = torch.zeros_like(weights_EC), torch.zeros_like(weights_EC)
        self._steps = 0

    def step(self, gradient_EC: Tensor, rates: Rates) -> None:
        """Make one step."""
        self._decay(gradient_EC, rates)
        self._mean_EC.lerp_(gradient_EC, 1 - _BETA1)
        self._square_EC.mul_(_BETA2).addcmul_(gradient_EC, gradient_EC, value=1 - _BETA2)
        self._steps += 1
        # The gradient's memory is free from here on, and fresh memory costs time.
        size_EC = torch.sqrt(self._square_EC, out=gradient_EC)
        size_EC.div_(math.sqrt(1 - _BETA2**self._steps)).add_(_EPSILON)
        change_EC = torch.div(self._mean_EC, size_EC, out=gradient_EC)
        self._weights_EC.addcmul_(change_EC, rates.lr, value=-1 / (1 - _BETA1**self._steps))

    def _decay(self, gradient_EC: Tensor, rates: Rates) -> None:
        if self._decoupled and rates.kept is not None:
            self._weights_EC.mul_(rates.kept)
        elif rates.decay is not None:
            gradient_EC.addcmul_(self._weights_EC, rates.decay)


def make_head_optimizer(weights_EC: Tensor, recipe: Recipe) -> HeadOptimizer:
    """Return the optimizer of a recipe over the weights of all heads."""
    match recipe.optimizer:
        case "sgd":
            return HeadSGD(weights_EC, recipe.momentum)
        case "adam":
            return HeadAdam(weights_EC, decoupled=False)
        case "adamw":
            return HeadAdam(weights_EC, decoupled=True)
    # A type checker knows here that none was forgotten.
    assert_never(recipe.optimizer)
