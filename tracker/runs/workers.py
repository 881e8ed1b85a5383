"""How many processes work at once, and what each has of this machine: a GPU, or cores and memory."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import torch

from tracker.config.options import Jobs
from tracker.errors import counted
from tracker.io.memory import SHARE, shared_memory
from tracker.io.parallel import usable_cores

VISIBLE, THREADS = "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS"
"""The variables that say what a process has: they are read when CUDA or torch begins."""

_PART_OF_A_GPU = "MIG-"


def worker_environments(jobs: Jobs, device: torch.device) -> list[dict[str, str]]:
    """Return what each process that works has in its environment: its GPU; CUDA is not begun for it.

    Args:
        jobs: How many; `auto` is one a GPU, and one where there is none.
        device: Where they compute.
    """
    gpus = single_gpus(torch.cuda.device_count(), os.environ) if device.type == "cuda" else []
    count = jobs if isinstance(jobs, int) else max(1, len(gpus))
    return [{VISIBLE: gpus[number % len(gpus)]} if gpus else {} for number in range(count)]


def with_shares(environments: Sequence[Mapping[str, str]], device: torch.device) -> list[dict[str, str]]:
    """Return environments in which processes share the cores and the free memory, where these compute.

    Args:
        environments: One of each process.
        device: Where they compute.
    """
    shares: dict[str, str] = {}
    if device.type == "cpu":
        shares[THREADS] = str(threads_each(len(environments)))
        # Counted before they begin: later each sees what others have taken by then, and none what they will.
        if (available := shared_memory()) is not None:
            shares[SHARE] = str(available // len(environments))
    return [{**environment, **shares} for environment in environments]


def threads_each(count: int) -> int:
    """Return with how many threads each of several processes computes.

    Args:
        count: How many processes.
    """
    return max(1, min(torch.get_num_threads(), usable_cores() // count))


def single_gpus(count: int, environment: Mapping[str, str]) -> list[str]:
    """Return what `CUDA_VISIBLE_DEVICES` says for each visible GPU alone.

    Args:
        count: How many GPUs CUDA sees, which takes the first names of a list until one names none. Of parts
            of GPUs (MIG) it sees one a process, however many are named.
        environment: Variables, in which a user may have named some: by numbers, UUIDs or names of parts.
    """
    if VISIBLE not in environment:
        return [str(number) for number in range(count)]
    named = [name.strip() for name in environment[VISIBLE].split(",")]
    parts = all(name.startswith(_PART_OF_A_GPU) for name in named)
    return named if parts and count else named[:count]


def workers_in_words(count: int, device: torch.device) -> str:
    """Say how several processes work at once.

    Args:
        count: How many.
        device: Where they compute.
    """
    if device.type == "cuda":
        gpus = min(count, len(single_gpus(torch.cuda.device_count(), os.environ)))
        return f"{count} at once, on {counted(gpus, 'GPU')}"
    if device.type == "cpu":
        return f"{count} at once, of {counted(threads_each(count), 'thread')} each"
    return f"{count} at once"
