"""How the rows of a store reach the device: from the map, through a ring of buffers, or at hand there.

Letters of shapes: B images of a batch, N all that are asked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, Protocol
from weakref import WeakValueDictionary

import torch
from torch import Tensor

from tracker.training.device import gpu_memory
from tracker.training.store import Store

RESIDENT_SHARE = 0.3
"""Share of a GPU's free memory that rows may take: the rest is for the network."""

_BUFFERS = 3


class RowReader(Protocol):
    """Whoever brings rows of a store to a device."""

    def batches(self, indexes: Sequence[Tensor]) -> Generator[Tensor, None, None]:
        """Yield batches of rows on the device: features as float32, and pixels as uint8.

        Args:
            indexes: int64 [B], the rows of each batch, on the CPU.
        """


def reader_of(store: Store, device: torch.device) -> RowReader:
    """Return what brings rows to a device fastest.

    A GPU has them at hand where they fit; where they do not, pinned buffers are filled ahead.

    Args:
        store: Whose rows.
        device: Where they go.
    """
    if device.type != "cuda":
        return MappedRows(store, device)
    if (resident := ResidentRows.at_hand(store, device)) is not None:
        return resident
    return ResidentRows(store, device) if fits(store, gpu_memory(device)) else RowsAhead(store, device)


def fits(store: Store, free: int) -> bool:
    """Say whether all rows may lie in a device's memory.

    Args:
        store: Whose rows.
        free: Bytes that are free there.
    """
    return store.rows.nbytes <= RESIDENT_SHARE * free


class MappedRows:
    """Copies each batch from the map when it is asked for.

    Args:
        store: Whose rows.
        device: Where they go.
    """

    def __init__(self, store: Store, device: torch.device) -> None:
        self._store = store
        self._device = device

    def batches(self, indexes: Sequence[Tensor]) -> Generator[Tensor, None, None]:
        """Yield batches of rows."""
        for indexes_B in indexes:
            yield self._store.batch(indexes_B, self._device)


class ResidentRows:
    """Has all rows on the device, and picks batches there; trainings of the same rows share them.

    Args:
        store: Whose rows.
        device: Where they lie.
    """

    _alive: ClassVar[WeakValueDictionary[tuple[int, int, str], ResidentRows]] = WeakValueDictionary()

    def __init__(self, store: Store, device: torch.device) -> None:
        self._rows = Store(store.rows.to(device), channels_last=store.channels_last)
        self._device = device
        # As long as these are here, nothing else lies at their address.
        self._store = store
        self._alive[self._place(store, device)] = self

    @classmethod
    def at_hand(cls, store: Store, device: torch.device) -> ResidentRows | None:
        """Return what has these rows on the device already, for another training; None where none has."""
        return cls._alive.get(cls._place(store, device))

    @staticmethod
    def _place(store: Store, device: torch.device) -> tuple[int, int, str]:
        return store.rows.data_ptr(), store.rows.nbytes, str(device)

    def batches(self, indexes: Sequence[Tensor]) -> Generator[Tensor, None, None]:
        """Yield batches of rows."""
        if not indexes:
            return
        # The device is told once which rows it needs.
        indexes_N = torch.cat(list(indexes)).to(self._device)
        for indexes_B in torch.split(indexes_N, [len(one) for one in indexes]):
            yield self._rows.as_read(self._rows.rows.index_select(0, indexes_B))


class RowsAhead:
    """Fills a ring of buffers ahead of the device, in a thread of its own; a GPU's are pinned.

    Args:
        store: Whose rows.
        device: Where they go.
    """

    def __init__(self, store: Store, device: torch.device) -> None:
        self._store = store
        self._device = device
        self._ring: list[_Buffer] = []

    def batches(self, indexes: Sequence[Tensor]) -> Generator[Tensor, None, None]:
        """Yield batches of rows."""
        left, coming = deque(indexes), deque[tuple[_Buffer, Future[Tensor]]]()
        free = deque(self._buffers(max(map(len, indexes), default=0)))
        with ThreadPoolExecutor(1, thread_name_prefix="rows") as thread:
            while left or coming:
                while left and free:
                    buffer = free.popleft()
                    coming.append((buffer, thread.submit(buffer.fill, self._store.rows, left.popleft())))
                buffer, filled = coming.popleft()
                yield self._store.as_read(buffer.sent(filled.result(), self._device))
                free.append(buffer)

    def _buffers(self, rows: int) -> list[_Buffer]:
        if not self._ring or len(self._ring[0].rows) < rows:
            shape, dtype = (rows, *self._store.rows.shape[1:]), self._store.rows.dtype
            pinned = self._device.type == "cuda"
            # What is made in inference mode, another thread may not write to.
            with torch.inference_mode(False):
                memory = [torch.empty(shape, dtype=dtype, pin_memory=pinned) for _ in range(_BUFFERS)]
            self._ring = [_Buffer(rows) for rows in memory]
        return self._ring


@dataclass
class _Buffer:
    """Memory that a batch is gathered in, and how far its last copy to the device is."""

    rows: Tensor
    copied: torch.cuda.Event | None = None

    def fill(self, rows: Tensor, indexes_B: Tensor) -> Tensor:
        """Gather rows, once what was here is on the device."""
        if self.copied is not None:
            self.copied.synchronize()
        return torch.index_select(rows, 0, indexes_B, out=self.rows[: len(indexes_B)])

    def sent(self, batch: Tensor, device: torch.device) -> Tensor:
        """Return a copy on the device; it is not waited for."""
        copy = torch.empty_like(batch, device=device).copy_(batch, non_blocking=True)
        if device.type == "cuda":
            self.copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self.copied.record()
        return copy
