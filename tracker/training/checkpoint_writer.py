"""Checkpoints written while training goes on: it waits for a copy in memory, not for the disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from torch import Tensor

from tracker.training.cadence import Clock
from tracker.training.checkpoints import Checkpoints, GivenUp


class CheckpointWriter:
    """Writes the checkpoints of one run, one at a time, in the order in which they come.

    Args:
        checkpoints: Where they go.
        clock: What the time is.
    """

    def __init__(self, checkpoints: Checkpoints, clock: Clock = time.monotonic) -> None:
        self._checkpoints = checkpoints
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoint")
        self._writing: Future[None] | None = None
        self._given_up = threading.Event()
        self._copy: Any = None
        self._began = 0.0
        self._took = 0.0

    @property
    def writes(self) -> bool:
        """Whether one is being written."""
        return self._writing is not None and not self._writing.done()

    @property
    def cost(self) -> float:
        """Seconds that the last one took, to copy and to write it; 0: there was none."""
        return self._took

    def save(self, state: Mapping[str, object], *, epochs: int, batches: int) -> None:
        """Write a copy of a state in the background; the one before is on disk when this returns.

        Args:
            state: Tensors, numbers and texts in dicts and lists; it may change as soon as this returns.
            epochs: How many epochs are complete.
            batches: How many batches of the next one are done.

        Raises:
            OSError: The disk did not take the one before.
        """
        self.wait()
        self._began = self._clock()
        self._copy = copied(state, self._copy)
        self._writing = self._thread.submit(self._write, epochs=epochs, batches=batches)

    def _write(self, *, epochs: int, batches: int) -> None:
        try:
            self._checkpoints.save(self._copy, epochs=epochs, batches=batches, given_up=self._given_up.is_set)
        except GivenUp:
            pass
        finally:
            self._took = self._clock() - self._began

    def wait(self) -> None:
        """Wait until all that was taken is on disk.

        Raises:
            OSError: The disk did not take it.
        """
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def give_up(self) -> None:
        """Leave unwritten what is not on disk yet; nobody needs it."""
        self._given_up.set()

    def close(self) -> None:
        """Wait for what is being written, and end the thread."""
        self._thread.shutdown()


def copied(value: Any, before: Any = None) -> Any:
    """Return a copy whose tensors are on the CPU and share nothing with the original's.

    Args:
        value: Tensors, numbers and texts in dicts and lists.
        before: An older copy that nobody needs any more; its memory is taken where it fits, because fresh
            memory costs more time than copying.
    """
    if isinstance(value, Tensor):
        fits = isinstance(before, Tensor) and before.shape == value.shape and before.dtype == value.dtype
        return before.copy_(value.detach()) if fits else value.detach().to("cpu", copy=True)
    if isinstance(value, Mapping):
        older = before if isinstance(before, Mapping) else {}
        return {key: copied(item, older.get(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        older_items = before if isinstance(before, list | tuple) and len(before) == len(value) else value
        pairs = zip(value, older_items, strict=True)
        return type(value)(copied(item, old if old is not item else None) for item, old in pairs)
    return value
