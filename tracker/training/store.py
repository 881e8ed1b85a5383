"""Stored tensors: what a tail reads, memory-mapped, one row a sample."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tracker.data.pixels import Pixels
from tracker.io.mapped import map_bytes

DATA_FILE, META_FILE = "rows.bin", "rows.json"


@dataclass(frozen=True)
class Store:
    """One row a sample, in the order of the manifest, in a file that is mapped and never read whole.

    Attributes:
        rows: The mapped tensor [N, ...], in the order in which it lies on disk.
        channels_last: Whether rows are feature maps stored [H, W, C], given out as [C, H, W].
    """

    rows: Tensor
    channels_last: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, indexes: Tensor, device: torch.device) -> Tensor:
        """Return a copy of some rows on a device.

        Args:
            indexes: int64 [B].
            device: Where the copy goes.

        Returns:
            [B, ...], features as float32 whatever they are stored as, and pixels as uint8.
        """
        return self.as_read(self.rows.index_select(0, indexes).to(device))

    def as_read(self, batch: Tensor) -> Tensor:
        """Return rows as a tail reads them: features as float32 [B, C, H, W], pixels as they are.

        Args:
            batch: [B, ...], in the order in which rows are stored.
        """
        if batch.is_floating_point():
            batch = batch.float()
        return batch.permute(0, 3, 1, 2) if self.channels_last else batch


def pixel_store(pixels: Pixels) -> Store:
    """Return the store of a pixels cache: uint8 [N, H, W, C]."""
    return Store(torch.from_numpy(pixels.mapped))


def write_meta(folder: Path, *, shape: Sequence[int], dtype: torch.dtype, channels_last: bool) -> None:
    """Write down how the rows of a folder are to be read."""
    content = {
        "shape": list(shape),
        "dtype": str(dtype).removeprefix("torch."),
        "channels_last": channels_last,
    }
    (folder / META_FILE).write_text(json.dumps(content), encoding="utf-8")


def fits_meta(folder: Path) -> bool:
    """Say whether as many bytes lie in a folder as its rows need."""
    meta = _meta(folder)
    size = math.prod(meta["shape"]) * getattr(torch, meta["dtype"]).itemsize
    return bool((folder / DATA_FILE).stat().st_size == size)


def map_store(folder: Path) -> Store:
    """Map the rows that a folder holds."""
    meta = _meta(folder)
    rows = torch.from_numpy(map_bytes(folder / DATA_FILE)).view(getattr(torch, meta["dtype"]))
    return Store(rows.view(meta["shape"]), channels_last=meta["channels_last"])


def _meta(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / META_FILE).read_text(encoding="utf-8")))
