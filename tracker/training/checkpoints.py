"""Checkpoints: the last two states of a run, each in a file that is whole or not there.

A file is named by how far the run was and by the CRC-32 of its content, `EPOCHS.BATCHES-CHECKSUM.ckpt`: one
that a disk has changed is known, and the one before it taken.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from typing import Any

import torch

from tracker.io.atomic import name_whole, unfinished_file, write_all

CheckpointState = dict[str, Any]
"""Tensors, numbers and texts in dicts and lists, as `torch.load` reads them."""

_KEPT = 2


class Checkpoints:
    """The checkpoints of one run; one process at a time writes them.

    Args:
        folder: Where they lie; it need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, state: Mapping[str, object], *, epochs: int, batches: int) -> None:
        """Write a state, and remove all older ones but the last.

        Args:
            state: Tensors, numbers and texts in dicts and lists.
            epochs: How many epochs are complete.
            batches: How many batches of the next one are done.

        Raises:
            OSError: The disk does not take it; the older ones stay.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        progress = f"{epochs:06}.{batches:06}"
        with unfinished_file(self.folder / progress) as unfinished:
            written = _Checked(unfinished)
            written.save(state)
            name_whole(unfinished, self.folder / f"{progress}-{written.checksum:08x}.ckpt")
        newest = self._files()[-_KEPT:]
        for file in self.folder.iterdir():
            # With what a killed process left unfinished.
            if file not in newest:
                file.unlink()

    def latest(self, *, epochs: int | None = None) -> CheckpointState | None:
        """Return the newest state that is not damaged, on the CPU; None where there is none.

        Args:
            epochs: How many are recorded, since a state after more of them would leave some that nobody
                records; None: no matter.
        """
        for file in reversed(self._files()):
            if epochs is not None and int(file.name.partition(".")[0]) > epochs:
                continue
            content = file.read_bytes()
            if file.stem.endswith(f"-{zlib.crc32(content):08x}"):
                state: CheckpointState = torch.load(
                    io.BytesIO(content), map_location="cpu", weights_only=True
                )
                return state
        return None

    def clear(self) -> None:
        """Remove all of them."""
        if self.folder.exists():
            for file in self.folder.iterdir():
                file.unlink()
            self.folder.rmdir()

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.ckpt"))


class _Checked(io.RawIOBase):
    """A file that knows the checksum of what was written: nothing is held in memory a second time."""

    def __init__(self, file: FileIO) -> None:
        self.checksum = 0
        self._file = file
        self._error: OSError | None = None

    def save(self, state: Mapping[str, object]) -> None:
        try:
            torch.save(dict(state), self)  # type: ignore[arg-type]
        except RuntimeError:
            # What torch makes of a disk that is full.
            if self._error is None:
                raise
            raise self._error from None

    def write(self, data: Any) -> int:
        self.checksum = zlib.crc32(data, self.checksum)
        try:
            write_all(self._file, data)
        except OSError as error:
            self._error = error
            raise
        return len(data)
