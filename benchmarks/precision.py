"""Which networks are faster in bf16 than in fp32 on this processor, forward and in training.

    python benchmarks/precision.py [MODEL ...]

Prints a line a network: milliseconds per image in fp32 and in bf16 (channels-last, batches of 16 at 224x224)
and their ratio, the two taken in turn. The table in `tracker/training/device.py` comes from here.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch import nn

from tracker.models.networks import build_network, network_names
from tracker.training.device import autocast, choose_device

BATCH, SIZE, ROUNDS = 16, 224, 3


def forward(module: nn.Module, images: torch.Tensor) -> None:
    """Run the network as a frozen trunk runs."""
    module.eval()
    with torch.inference_mode():
        module(images)


def training_step(module: nn.Module, images: torch.Tensor) -> None:
    """Run one step without an optimizer, whose cost does not depend on the precision."""
    module.train()
    module.zero_grad()
    module(images).float().logsumexp(1).sum().backward()


def ratio(work: Callable[[nn.Module, torch.Tensor], None], module: nn.Module, images: torch.Tensor) -> str:
    """Return fp32 and bf16 milliseconds per image and the speed-up, measured in turn."""
    device = images.device
    seconds: dict[str, list[float]] = {"fp32": [], "bf16": []}
    for round_ in range(ROUNDS + 1):
        for precision in ("fp32", "bf16"):
            start = time.perf_counter()
            with autocast(device, precision):
                work(module, images)
            if device.type == "cuda":
                torch.cuda.synchronize()
            if round_:
                seconds[precision].append(time.perf_counter() - start)
    fp32, bf16 = (1000 * statistics.median(seconds[p]) / BATCH for p in ("fp32", "bf16"))
    return f"{fp32:8.2f} {bf16:8.2f} {fp32 / bf16:6.2f}x"


def main() -> None:
    device = choose_device()
    images = torch.randn(BATCH, 3, SIZE, SIZE, device=device).to(memory_format=torch.channels_last)
    print(f"{'network':22} {'fp32':>8} {'bf16':>8} {'gain':>7}   {'fp32':>8} {'bf16':>8} {'gain':>7}")
    print(f"{'':22} {'forward, ms an image':^25}   {'training, ms an image':^25}")
    for name in sys.argv[1:] or network_names():
        module = build_network(name, weights="none", classes=2, seed=0).module
        module = module.to(device, memory_format=torch.channels_last)
        print(
            f"{name:22} {ratio(forward, module, images)}   {ratio(training_step, module, images)}", flush=True
        )


if __name__ == "__main__":
    main()
