"""What the disk does not take waits in memory: a full disk must not end training.

Entries keep their order: as long as one waits, those after it wait behind it. Each new entry tries again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tracker.errors import TrackingError
from tracker.io.atomic import write_whole
from tracker.tracking.journal.entries import Entry
from tracker.tracking.journal.log import Journal

MAX_WAITING_BYTES = 2**30
_ENTRY_BYTES = 2_000


@dataclass(slots=True)
class _Waiting:
    entry: Entry
    files: dict[Path, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return _ENTRY_BYTES + sum(len(content) for content in self.files.values())


class Buffer:
    """A journal whose entries wait in memory while the disk takes nothing.

    Args:
        journal: Held for writing.
    """

    def __init__(self, journal: Journal) -> None:
        self.problem = ""
        self._journal = journal
        self._waiting: deque[_Waiting] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def write(self, *entries: Entry, files: Mapping[Path, bytes] | None = None) -> None:
        """Append entries, or keep them until the disk takes them; the disk is waited for once.

        Args:
            entries: In the order in which they happened.
            files: What has to lie beside the journal before the first of them is written.

        Raises:
            TrackingError: Too much waits already.
        """
        for number, entry in enumerate(entries):
            self._waiting.append(_Waiting(entry, dict(files or {}) if number == 0 else {}))
        self._drain()
        if sum(waiting.size for waiting in self._waiting) > MAX_WAITING_BYTES:
            raise TrackingError(
                f"at most {MAX_WAITING_BYTES // 2**20} MB must wait for the disk",
                but=f"more does: {self.problem}",
                do="Make room on the disk, and run the same command again.",
            )

    def close(self) -> bool:
        """Let go of the journal, unless something still waits.

        Returns:
            Whether everything is written.
        """
        self._drain()
        if self.problem:
            return False
        self._journal.close()
        return True

    def _drain(self) -> None:
        try:
            while self._waiting:
                self._write_first(self._waiting[0])
            self._journal.sync()
        except OSError as error:
            self.problem = f"{error.strerror or error}: {error.filename or self._journal.path}"
        else:
            self.problem = ""

    def _write_first(self, first: _Waiting) -> None:
        for path in list(first.files):
            write_whole(path, first.files[path])
            del first.files[path]
        self._journal.write(first.entry)
        self._waiting.popleft()
