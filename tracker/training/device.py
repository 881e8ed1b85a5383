"""Which device computes, and in which precision."""

from __future__ import annotations

import torch
from torch import nn

from tracker.config.options import AskedPrecision
from tracker.config.recipe import Precision
from tracker.models.adapting import is_one_layer

# Families whose training steps are slower in bf16 on processors with AVX512-BF16 (benchmarks/precision.py,
# docs/log.md): their convolutions have one channel a group. On GPUs bf16 is faster for all.
_SLOWER_IN_BF16 = ("efficientnet_b", "mnasnet", "mobilenet_v3", "shufflenet")


def choose_device() -> torch.device:
    """Return the GPU if there is one, else Apple's, else the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def device_name(device: torch.device) -> str:
    """Return what people call a device."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def choose_precision(asked: AskedPrecision, *, model: str, device: torch.device) -> Precision:
    """Decide the precision of a network, always the same on the same machine.

    It is the same in all modes, so that modes never differ by it: what counts is the speed of a training
    step, for which a frozen trunk's single pass over the images is no match.

    Args:
        asked: What the user asked for; `auto` is bf16 where the processor has it and it is faster.
        model: The network's torchvision name.
        device: The device that computes.
    """
    if asked != "auto":
        return asked
    if not _computes_bf16(device):
        return "fp32"
    slower = device.type == "cpu" and model.startswith(_SLOWER_IN_BF16)
    return "fp32" if slower else "bf16"


def _computes_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return False


def gpu_memory(device: torch.device) -> int:
    """Return how many bytes of a GPU are free, with those that torch keeps for its next tensors.

    Args:
        device: The GPU.
    """
    free, _all = torch.cuda.mem_get_info(device)
    return int(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))


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
