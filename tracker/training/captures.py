"""How a device is shown some work, to repeat it by itself: CUDA graphs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from typing import Protocol
from weakref import WeakSet

import torch

SWITCH = "TRACKER_CUDA_GRAPHS"
"""The environment variable that turns captured steps off, with `off`."""


def graphs_wanted(device: torch.device) -> bool:
    """Say whether steps are to be captured on a device.

    Args:
        device: Where training computes.
    """
    return device.type == "cuda" and os.environ.get(SWITCH, "on").lower() not in {"off", "0", "no", "false"}


@cache
def gpu_capture(device: torch.device) -> CudaCapture:
    """Return what shows work to a GPU: one for all trainings of the process, which so share its memory.

    Args:
        device: The GPU.
    """
    return CudaCapture(device)


def first_cause(error: BaseException) -> str:
    """Return the first line of what went wrong first: a capture that breaks complains once more at its end.

    Args:
        error: What was raised in the end.
    """
    while error.__context__ is not None:
        error = error.__context__
    return (str(error).splitlines() or [type(error).__name__])[0]


class Capture(Protocol):
    """How a device is shown some work."""

    def aside(self) -> AbstractContextManager[None]:
        """Return the context in which work is made ready to be shown."""

    def capture(self, work: Callable[[], None]) -> Callable[[], None]:
        """Return what repeats some work; whether the work is done now, too, is the device's business.

        Raises:
            RuntimeError: The device cannot repeat such work.
        """


class CudaCapture:
    """Shows work to a GPU; what is repeated in turn shares memory.

    Args:
        device: The GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._graphs: WeakSet[torch.cuda.CUDAGraph] = WeakSet()
        self._pool = torch.cuda.graph_pool_handle()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Work in the stream that captures, between what came before and what comes after."""
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            yield
        torch.cuda.current_stream().wait_stream(self._stream)

    def capture(self, work: Callable[[], None]) -> Callable[[], None]:
        """Capture some work, which is not done."""
        if not self._graphs:
            # Memory that no graph has any more is given up, and does not come back under its name.
            self._pool = torch.cuda.graph_pool_handle()
        graph, before = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        try:
            # Other threads may talk to the card meanwhile: the one that fills batches does.
            with torch.cuda.graph(
                graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"
            ):
                work()
        except RuntimeError:
            self._clear_up(before)
            raise
        self._graphs.add(graph)
        return graph.replay

    def _clear_up(self, before: torch.cuda.Stream) -> None:
        """Undo what a capture that broke leaves: its stream, its memory, a generator that waits."""
        torch.cuda.set_stream(before)
        with suppress(RuntimeError, AttributeError):
            torch._C._cuda_endAllocateToPool(before.device_index, self._pool)
        generator = torch.cuda.default_generators[before.device_index]
        generator.graphsafe_set_state(generator.clone_state())
