"""Optimizers and schedules, torch's own, by the names that a recipe uses."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn, optim
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LRScheduler, StepLR

from tracker.config.recipe import Recipe

_STEPS_IN_A_RUN = 3
_STEP_FACTOR = 0.1


def make_optimizer(parameters: Iterable[nn.Parameter], recipe: Recipe) -> optim.Optimizer:
    """Return the optimizer of a recipe over the parameters of a tail."""
    if recipe.optimizer == "sgd":
        return optim.SGD(parameters, lr=recipe.lr, momentum=recipe.momentum, weight_decay=recipe.weight_decay)
    adam = optim.Adam if recipe.optimizer == "adam" else optim.AdamW
    return adam(parameters, lr=recipe.lr, weight_decay=recipe.weight_decay)


def make_schedule(optimizer: optim.Optimizer, recipe: Recipe) -> LRScheduler:
    """Return the schedule of a recipe, to be stepped after every epoch.

    `cosine` falls to zero over the run (Loshchilov & Hutter, ICLR 2017, without restarts); `step` divides
    the learning rate by ten after each third of the run.
    """
    if recipe.schedule == "cosine":
        return CosineAnnealingLR(optimizer, T_max=recipe.epochs)
    if recipe.schedule == "step":
        third = max(1, -(-recipe.epochs // _STEPS_IN_A_RUN))
        return StepLR(optimizer, step_size=third, gamma=_STEP_FACTOR)
    return ConstantLR(optimizer, factor=1.0)
