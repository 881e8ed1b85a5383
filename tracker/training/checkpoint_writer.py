"""Checkpoints written while the next epoch trains: training waits for a copy in memory, not for the disk."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from torch import Tensor

from tracker.training.checkpoints import Checkpoints


class CheckpointWriter:
    """Writes the checkpoints of one run, one at a time, in the order in which they come.

    Args:
        checkpoints: Where they go.
    """

    def __init__(self, checkpoints: Checkpoints) -> None:
        self._checkpoints = checkpoints
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoint")
        self._writing: Future[None] | None = None
        self._copy: Any = None

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
        self._copy = copied(state, self._copy)
        self._writing = self._thread.submit(
            self._checkpoints.save, self._copy, epochs=epochs, batches=batches
        )

    def wait(self) -> None:
        """Wait until all that was taken is on disk.

        Raises:
            OSError: The disk did not take it.
        """
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

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
