"""Optimizers and schedules, torch's own, by the names that a recipe uses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from torch import nn, optim
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LRScheduler, StepLR

from tracker.config.recipe import Recipe

_STEPS_IN_A_RUN = 3
_STEP_FACTOR = 0.1


def make_optimizer(parameters: Iterable[nn.Parameter], recipe: Recipe) -> optim.Optimizer:
    """Return the optimizer of a recipe over the parameters of a tail."""
    lr, decay = recipe.lr, recipe.weight_decay
    match recipe.optimizer:
        case "sgd":
            return optim.SGD(parameters, lr=lr, momentum=recipe.momentum, weight_decay=decay)
        case "adam":
            return optim.Adam(parameters, lr=lr, weight_decay=decay)
        case "adamw":
            return optim.AdamW(parameters, lr=lr, weight_decay=decay)
    # A type checker knows here that none was forgotten.
    assert_never(recipe.optimizer)


def make_schedule(optimizer: optim.Optimizer, recipe: Recipe) -> LRScheduler:
    """Return the schedule of a recipe, to be stepped after every epoch.

    `cosine` falls to zero over the run (Loshchilov & Hutter, ICLR 2017, without restarts); `step` divides
    the learning rate by ten after each third of the run.
    """
    match recipe.schedule:
        case "constant":
            return ConstantLR(optimizer, factor=1.0)
        case "cosine":
            return CosineAnnealingLR(optimizer, T_max=recipe.epochs)
        case "step":
            third = max(1, -(-recipe.epochs // _STEPS_IN_A_RUN))
            return StepLR(optimizer, step_size=third, gamma=_STEP_FACTOR)
    assert_never(recipe.schedule)
