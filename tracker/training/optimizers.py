"""Optimizers and schedules, torch's own, by the names that a recipe uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, assert_never

import torch
from torch import Tensor, nn, optim
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LRScheduler, StepLR

from tracker.config.recipe import Recipe
from tracker.training.captures import graphs_wanted

_STEPS_IN_A_RUN = 3
_STEP_FACTOR = 0.1
# What says how an optimizer computes, not what.
_HOW = ("fused", "foreach", "capturable")


def make_optimizer(
    parameters: Iterable[nn.Parameter], recipe: Recipe, device: torch.device | None = None
) -> optim.Optimizer:
    """Return the optimizer of a recipe over the parameters of a tail.

    On a GPU a step is one kernel for many parameters, and can be captured: the learning rate lies there,
    where a schedule changes it.

    Args:
        parameters: Of the tail.
        recipe: Whose optimizer.
        device: Where they are; None: on the processor.
    """
    on_gpu = device is not None and device.type == "cuda"
    lr = torch.tensor(recipe.lr, device=device) if on_gpu else recipe.lr
    decay, fused = recipe.weight_decay, on_gpu or None
    captured = device is not None and graphs_wanted(device)
    match recipe.optimizer:
        case "sgd":
            return optim.SGD(parameters, lr=lr, momentum=recipe.momentum, weight_decay=decay, fused=fused)
        case "adam":
            return optim.Adam(parameters, lr=lr, weight_decay=decay, fused=fused, capturable=captured)
        case "adamw":
            return optim.AdamW(parameters, lr=lr, weight_decay=decay, fused=fused, capturable=captured)
    # A type checker knows here that none was forgotten.
    assert_never(recipe.optimizer)


def optimizer_state(optimizer: optim.Optimizer) -> dict[str, Any]:
    """Return the state of an optimizer, with which one on any device can go on.

    Args:
        optimizer: As `make_optimizer` makes it.
    """
    state = optimizer.state_dict()
    return state | {"param_groups": [_plain(group) for group in state["param_groups"]]}


def restore_optimizer(optimizer: optim.Optimizer, state: Mapping[str, Any]) -> None:
    """Restore the state of an optimizer; how and where it computes stays its own.

    Args:
        optimizer: Over the same parameters.
        state: What `optimizer_state` returned.
    """
    own = [{name: group[name] for name in _HOW if name in group} for group in optimizer.param_groups]
    groups = [saved | how for saved, how in zip(state["param_groups"], own, strict=True)]
    rates = [group["lr"] for group in optimizer.param_groups]
    optimizer.load_state_dict({**state, "param_groups": groups})
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        if isinstance(rate, Tensor):
            group["lr"] = rate.fill_(group["lr"])


def schedule_state(schedule: LRScheduler) -> dict[str, Any]:
    """Return the state of a schedule, with which one on any device can go on.

    Args:
        schedule: As `make_schedule` makes it.
    """
    return dict(_plain(schedule.state_dict()))


def _plain(value: Any) -> Any:
    """Return numbers for rates that lie on a GPU."""
    if isinstance(value, Tensor):
        return value.item()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


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
