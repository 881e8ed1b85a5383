"""Which device computes, and in which precision."""

from __future__ import annotations

import torch

from tracker.config.options import AskedPrecision
from tracker.config.recipe import Precision
from tracker.models.devices import autocast, choose_device, on_device, tail_precision

__all__ = [
    "autocast",
    "choose_device",
    "choose_precision",
    "device_name",
    "gpu_memory",
    "on_device",
    "tail_precision",
]

# Families whose training steps are slower in bf16 on processors with AVX512-BF16 (benchmarks/precision.py,
# docs/log.md): their convolutions have one channel a group. On GPUs bf16 is faster for all.
_SLOWER_IN_BF16 = ("efficientnet_b", "mnasnet", "mobilenet_v3", "shufflenet")


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
