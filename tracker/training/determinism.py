"""The same bits from the same recipe on a GPU, too, where each operation has a way to give them."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from tracker.io.process_environment import variables

_OPERATION = re.compile(r"(\w+) does not have a deterministic implementation")
_BLAS_MEMORY, _LARGE = "CUBLAS_WORKSPACE_CONFIG", ":4096:8"


def repeats_exactly(device: torch.device, *, deterministic: bool) -> bool:
    """Say whether the same recipe gives the same bits again, with the same machine and versions.

    Args:
        device: Where it computes.
        deterministic: Whether it asks for deterministic algorithms.
    """
    return device.type == "cpu" or deterministic


@contextmanager
def determinism(wanted: bool, note: Callable[[str], None]) -> Iterator[None]:
    """Have torch take deterministic algorithms for as long as the block lasts.

    Args:
        wanted: Whether it should; if not, nothing is changed.
        note: Told, in a sentence, of each operation that has no such algorithm: it is computed all the same.
    """
    if not wanted:
        yield
        return
    # NVIDIA's library reads it when it is first used.
    blas = {_BLAS_MEMORY: os.environ.get(_BLAS_MEMORY, _LARGE)}
    before = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    memory: Any = torch.utils.deterministic
    filled = memory.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True, warn_only=True)
    # To fill memory that is written to anyway costs time, and changes no number.
    memory.fill_uninitialized_memory = False
    operations: dict[str, None] = {}
    try:
        with variables(blas), _operations_collected(operations):
            yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
        memory.fill_uninitialized_memory = filled
        if operations:
            note(
                f"--deterministic: {', '.join(operations)} cannot be computed in a deterministic way here: "
                "this run may differ in its last bits when it is repeated"
            )


@contextmanager
def _operations_collected(operations: dict[str, None]) -> Iterator[None]:
    """Collect the operations that torch warns of; all other warnings are shown as ever."""
    with warnings.catch_warnings():
        warnings.filterwarnings("always", f".*{_OPERATION.pattern}", UserWarning)
        show = warnings.showwarning

        def collect(message: Warning | str, *where: Any, **more: Any) -> None:
            if found := _OPERATION.search(str(message)):
                operations[found.group(1)] = None
            else:
                show(message, *where, **more)

        warnings.showwarning = collect
        yield
