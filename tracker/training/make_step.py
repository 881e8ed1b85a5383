"""Which steps a device makes best."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn, optim

from tracker.config.recipe import Precision
from tracker.training.captures import gpu_capture, graphs_wanted
from tracker.training.graphs import GraphStep
from tracker.training.memory import WatchedStep
from tracker.training.steps import EagerStep, Step


def make_step(
    tail: nn.Module,
    optimizer: optim.Optimizer,
    *,
    device: torch.device,
    precision: Precision,
    note: Callable[[str], None],
) -> Step:
    """Return what makes the training steps of a tail: captured ones on a GPU, and one by one elsewhere.

    Args:
        tail: On the device.
        optimizer: Over its parameters.
        device: Where.
        precision: Of the forward pass.
        note: Told, in words, where a GPU cannot be used as it should be.
    """
    captured = graphs_wanted(device)
    eager = EagerStep(tail, optimizer, device=device, precision=precision, cast_once=not captured)
    step: Step = eager
    if captured:
        exact = torch.are_deterministic_algorithms_enabled()
        step = GraphStep(eager, gpu_capture(device), device=device, exact=exact, note=note)
    return WatchedStep(step, eager, device=device)
