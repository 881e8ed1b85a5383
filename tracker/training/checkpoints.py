"""Checkpoints: the last two states of a run, each in a file that is whole or not there.

A file is named by how far the run was and by the SHA-256 of its content, `EPOCHS.BATCHES-DIGEST.ckpt`: one
that a disk has changed is known, and the one before it taken.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from tracker.files import write_whole

State = dict[str, Any]

_KEPT = 2
_DIGITS = 16


class Checkpoints:
    """The checkpoints of one run; one process at a time writes them.

    Args:
        folder: Where they lie; it need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, state: Mapping[str, object], *, epochs: int, batches: int) -> None:
        """Keep a state, and of the older ones the last.

        Args:
            state: Tensors, numbers and texts in dicts and lists.
            epochs: How many epochs are complete.
            batches: How many batches of the next one are done.

        Raises:
            OSError: The disk does not take it; the older ones stay.
        """
        buffer = io.BytesIO()
        torch.save(dict(state), buffer)
        content = buffer.getbuffer()
        name = f"{epochs:06}.{batches:06}-{_digest(content)}.ckpt"
        write_whole(self.folder / name, content)
        newest = self._files()[-_KEPT:]
        for file in self.folder.iterdir():
            # With what a killed process left unfinished.
            if file not in newest:
                file.unlink()

    def latest(self, *, epochs: int | None = None) -> State | None:
        """Return the newest state that is not damaged, on the CPU; None where there is none.

        Args:
            epochs: How many are recorded, since a state after more of them would leave some that nobody
                records; None: no matter.
        """
        for file in reversed(self._files()):
            if epochs is not None and int(file.name.partition(".")[0]) > epochs:
                continue
            content = file.read_bytes()
            if file.stem.endswith(f"-{_digest(content)}"):
                state: State = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
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


def _digest(content: bytes | memoryview) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]
