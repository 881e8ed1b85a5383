"""What the numbers were taken on."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import date
from importlib.metadata import version
from pathlib import Path

import torch

from tracker.io.parallel import usable_cores

_OURS = ("torch", "torchvision", "mlflow", "optuna")
_GIB = 2**30


def describe_machine() -> str:
    """Return one line on the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    accelerator = f", {torch.cuda.get_device_name(0)}" if torch.cuda.is_available() else ", no GPU"
    return f"{_processor()}, {usable_cores()} cores, {memory:.0f} GiB{accelerator}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def describe_versions(peers: dict[str, str | None]) -> str:
    """Return one line on the versions.

    Args:
        peers: The interpreter of each peer's environment.
    """
    found = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in _OURS)]
    for name, python in peers.items():
        if python:
            code = f"from importlib.metadata import version; print(version({name!r}))"
            found.append(f"{name} {subprocess.check_output([python, '-c', code], text=True).strip()}")
    return f"{date.today()}, tracker at {_commit()}: {', '.join(found)}"


def _commit() -> str:
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or "no commit"
