"""Checkpoints: the last two states of a run, each in a file that is whole or not there.

A file is named by how far the run was and by the CRC-32 of its content, `EPOCHS.BATCHES-CHECKSUM.ckpt`: one
that a disk has changed is known, and the one before it taken.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping
from io import FileIO
from pathlib import Path
from typing import Any

import torch

from tracker.io.atomic import name_whole, sync_open_file, unfinished_file, write_all

CheckpointState = dict[str, Any]
"""Tensors, numbers and texts in dicts and lists, as `torch.load` reads them."""

_KEPT = 2

_PIECE = 2**24
"""Bytes that are synced at a time: whoever else waits for the disk (a journal does) waits for no more."""


class GivenUp(Exception):
    """Nobody needs the state any more that was being written."""


def never() -> bool:
    """Say that a state is needed to the end."""
    return False


class Checkpoints:
    """The checkpoints of one run; one process at a time writes them.

    Args:
        folder: Where they lie; it need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(
        self,
        state: Mapping[str, object],
        *,
        epochs: int,
        batches: int,
        given_up: Callable[[], bool] = never,
    ) -> None:
        """Write a state, and remove all others but the one before.

        Args:
            state: Tensors, numbers and texts in dicts and lists.
            epochs: How many epochs are complete.
            batches: How many batches of the next one are done.
            given_up: Asked now and then whether nobody needs it any more.

        Raises:
            OSError: The disk does not take it; the older ones stay.
            GivenUp: Nobody needs it any more; the older ones stay.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        progress = f"{epochs:06}.{batches:06}"
        with unfinished_file(self.folder / progress) as unfinished:
            written = _Checked(unfinished, given_up)
            written.save(state)
            new = self.folder / f"{progress}-{written.checksum:08x}.ckpt"
            name_whole(unfinished, new)
        # Those further on were passed over when training went on from here: damaged, or ahead of the journal.
        kept = [file for file in self._files() if file <= new][-_KEPT:]
        for file in self.folder.iterdir():
            # With what a killed process left unfinished.
            if file not in kept:
                file.unlink()

    def latest(
        self, *, epochs: int | None = None, damaged: Callable[[Path], None] | None = None
    ) -> CheckpointState | None:
        """Return the newest state that is not damaged, on the CPU; None where there is none.

        Args:
            epochs: How many are recorded, since a state after more of them would leave some that nobody
                records; None: no matter.
            damaged: Told of each that is, and was passed over.
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
            if damaged is not None:
                damaged(file)
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

    def __init__(self, file: FileIO, given_up: Callable[[], bool]) -> None:
        self.checksum = 0
        self._file = file
        self._given_up = given_up
        self._unsynced = 0
        self._error: OSError | GivenUp | None = None

    def save(self, state: Mapping[str, object]) -> None:
        try:
            torch.save(dict(state), self)  # type: ignore[arg-type]
        except RuntimeError:
            # What torch makes of a file that takes no more.
            if self._error is None:
                raise
            raise self._error from None

    def write(self, data: Any) -> int:
        try:
            for start in range(0, len(data), _PIECE):
                self._write(data[start : start + _PIECE])
        except (OSError, GivenUp) as error:
            self._error = error
            raise
        return len(data)

    def _write(self, piece: Any) -> None:
        if self._given_up():
            raise GivenUp
        self.checksum = zlib.crc32(piece, self.checksum)
        write_all(self._file, piece)
        self._unsynced += len(piece)
        if self._unsynced >= _PIECE:
            sync_open_file(self._file.fileno())
            self._unsynced = 0
