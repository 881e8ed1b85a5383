"""What computes: device, cores and memory."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.config.options import RunOptions
from tracker.doctor.imports import need
from tracker.doctor.result import CheckResult
from tracker.io.memory import available_memory, format_size
from tracker.io.parallel import allowed_cores, usable_cores

if TYPE_CHECKING:
    import torch

# One step of DenseNet-201 in batches of 32 took 7.3 GB in fp32 and 4.2 GB in bf16, ResNet-152 6.7 and 4.1.
_ENOUGH_MEMORY = 7_500_000_000
_NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


def device() -> CheckResult:
    """Find which device computes, and in which precision the reference networks train on it."""
    need("torch")
    from tracker.training.device import choose_device

    with warnings.catch_warnings(record=True) as shown:
        # A GPU whose driver is too old is told by a warning alone.
        warnings.simplefilter("always")
        chosen = choose_device()
    precisions = _precisions(chosen)
    trains = f"trains in {' or '.join(sorted(set(precisions.values())))}"
    if chosen.type == "cuda":
        return _gpu(chosen, trains, precisions)
    name = {"mps": "Apple GPU"}.get(chosen.type, "CPU")
    facts = {"device": chosen.type, "name": name, **precisions}
    found = f"{name}, {trains}"
    if unused := _unused_gpu(shown):
        advice = "Install a driver and a torch that fit each other: https://pytorch.org/get-started/locally"
        return CheckResult(state="warning", found=f"{found}; {unused}", advice=advice, facts=facts)
    return CheckResult(state="good", found=found, facts=facts)


def cores() -> CheckResult:
    """Count the cores that are used."""
    count, allowed = usable_cores(), allowed_cores()
    found = str(count) if count == allowed else f"{count}: a container's limit, of {allowed} that there are"
    return CheckResult(state="good", found=found, facts={"cores": count})


def memory() -> CheckResult:
    """Check that there is enough memory for the largest of the reference networks."""
    available = available_memory(with_swap=False)
    if available is None:
        return CheckResult(state="good", found="not known on this system", facts={"available": None})
    found, facts = f"{format_size(available)} available", {"available": available}
    if available >= _ENOUGH_MEMORY:
        return CheckResult(state="good", found=found, facts=facts)
    return CheckResult(
        state="warning",
        found=found,
        advice="Fine-tuning DenseNet-201 on a CPU takes 7.3 GB in fp32, 4.2 GB in bf16, in batches of 32. "
        "End other programs, or take --batch-size 8 or a smaller network: --model mini-densenet.",
        facts=facts,
    )


def _gpu(chosen: torch.device, trains: str, precisions: Mapping[str, str]) -> CheckResult:
    import torch

    from tracker.training.device import device_name

    name = device_name(chosen)
    try:
        free, total = torch.cuda.mem_get_info(chosen)
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
        advice = "Wait until it is free, or use another one or none: CUDA_VISIBLE_DEVICES=1, or empty."
        return CheckResult(state="missing", found=f"{name} cannot be used: {reason}", advice=advice)
    sizes = f"{format_size(total)}, {format_size(free)} of it free"
    facts = {"device": "cuda", "name": name, "total": total, "free": free, **precisions}
    return CheckResult(state="good", found=f"{name}, {sizes}, {trains}", facts=facts)


def _precisions(chosen: torch.device) -> dict[str, str]:
    from tracker.training.device import choose_precision

    return {
        model: choose_precision("auto", model=model, device=chosen)
        for model in RunOptions.model_validate({}).model
    }


def _unused_gpu(shown: list[warnings.WarningMessage]) -> str:
    """Return why a GPU that is there is not used; empty where there is none, or a user hid it."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return ""
    if shown:
        return f"a GPU cannot be used: {shown[0].message}"
    return "there is an NVIDIA GPU that torch does not see" if _NVIDIA_DRIVER.exists() else ""
