"""Where a network computes, and in which precision: the same rules in training and in use."""

from __future__ import annotations

import torch
from torch import nn

from tracker.config.recipe import Precision
from tracker.models.adapting import is_one_layer


def choose_device() -> torch.device:
    """Return the GPU if there is one, else Apple's, else the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def on_device(module: nn.Module, device: torch.device) -> nn.Module:
    """Move a module to a device, with the memory format that convolutions are fastest in."""
    return module.to(device).to(memory_format=torch.channels_last)


def autocast(device: torch.device, precision: Precision, *, cast_once: bool = True) -> torch.autocast:
    """Return the context in which forward passes run in a precision.

    Args:
        device: Where they run.
        precision: In which.
        cast_once: Whether a weight that is used twice is cast once.
    """
    return torch.autocast(
        device.type, dtype=torch.bfloat16, enabled=precision == "bf16", cache_enabled=cast_once
    )


def tail_precision(tail: nn.Module, precision: Precision) -> Precision:
    """Return the precision of a tail: a single layer costs too little for bf16 to gain anything.

    Args:
        tail: The trained part of a network.
        precision: The precision of the whole network.
    """
    return "fp32" if is_one_layer(tail) else precision
