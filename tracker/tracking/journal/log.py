"""One append-only file a run: the truth about the run until MLflow has it.

Each line is `CRC32 JSON`, written with one `os.write` on an `O_APPEND` descriptor by one writer, who holds
the file's lock. A crash can only leave an unfinished last line: readers do not see it, and the next writer
cuts it off.
"""

from __future__ import annotations

import errno
import os
import zlib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tracker.errors import TrackingError
from tracker.io.atomic import sync, sync_open_file
from tracker.io.locks import NoLocks, lock_open_file
from tracker.tracking.journal.entries import Entry, from_text, to_text

JOURNAL = "journal.jsonl"
UNREADABLE = (TrackingError, OSError, ValueError)
"""What reading a journal raises that is damaged, somebody else's, or a newer version's."""
# `has_writer` holds the lock for an instant: neither a writer nor another reader takes it for a writer's.
_WRITER_PATIENCE_S = 2.0
_READER_PATIENCE_S = 0.1


class JournalBusy(TrackingError):
    """Another process writes this journal.

    Args:
        path: The journal.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(
            "one process at a time must write a run's journal",
            but=f"another one holds {path}",
            do="Wait until the other `tracker run` has ended.",
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A whole line of a journal: its entry, and the offset behind it in bytes."""

    entry: Entry
    end: int


def read_journal(path: Path, offset: int = 0) -> tuple[list[Line], int]:
    """Read all whole lines from an offset on.

    Args:
        path: The journal; one that is not there is an empty one.
        offset: Bytes to leave out: 0, or the end of a line.

    Returns:
        The lines, and the offset behind the last of them. An unfinished or torn last line is not there yet.

    Raises:
        TrackingError: A line before the last one does not match its checksum.
    """
    if not path.exists():
        return [], offset
    with path.open("rb") as file:
        file.seek(offset)
        raw_lines = file.readlines()
    lines: list[Line] = []
    for number, raw in enumerate(raw_lines, start=1):
        text = _checked(raw)
        if text is None:
            if number < len(raw_lines):
                raise _damaged(path, offset)
            break
        offset += len(raw)
        lines.append(Line(from_text(text), offset))
    return lines, offset


def read_first(path: Path) -> Entry | None:
    """Read the first entry; None while it is not written whole.

    Args:
        path: The journal.
    """
    with path.open("rb") as file:
        text = _checked(file.readline())
    return None if text is None else from_text(text)


def _checked(raw: bytes) -> str | None:
    checksum, separator, text = raw.removesuffix(b"\n").partition(b" ")
    whole = raw.endswith(b"\n") and bool(separator) and checksum == b"%08x" % zlib.crc32(text)
    return text.decode() if whole else None


def _damaged(path: Path, offset: int) -> TrackingError:
    return TrackingError(
        "every line of a journal must match its checksum",
        but=f"the line at byte {offset} of {path} does not",
        do="The disk changed it: put the file back from a backup, or move its folder away and run again.",
    )


class Journal:
    """The one writer of a journal.

    Args:
        path: The file; it and its folder are made where they are not there.

    Raises:
        JournalBusy: Another process writes it.
        TrackingError: A line in its middle is damaged.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with ExitStack() as opened:
            opened.callback(os.close, self._fd)
            if not lock_open_file(self._fd, path, patience_s=_WRITER_PATIENCE_S):
                raise JournalBusy(path)
            lines, whole = read_journal(path)
            os.ftruncate(self._fd, whole)
            opened.pop_all()
        self.found = [line.entry for line in lines]
        sync(path.parent)

    def write(self, entry: Entry) -> None:
        """Append one entry.

        Args:
            entry: Any entry.

        Raises:
            OSError: The disk is full; the journal ends with the entry before.
        """
        text = to_text(entry).encode()
        line = b"%08x %s\n" % (zlib.crc32(text), text)
        before = os.fstat(self._fd).st_size
        if os.write(self._fd, line) < len(line):
            # A full disk took a part of the line: left there, it would spoil the line after it.
            os.ftruncate(self._fd, before)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def sync(self) -> None:
        """Wait until the disk holds all that was written."""
        sync_open_file(self._fd)

    def close(self) -> None:
        """Sync, and let go of the lock."""
        if self._fd < 0:
            return
        self.sync()
        os.close(self._fd)
        self._fd = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def has_writer(path: Path) -> bool:
    """Say whether a living process writes a journal.

    Args:
        path: The journal.
    """
    fd = _open_to_lock(path)
    try:
        return not lock_open_file(fd, path, patience_s=_READER_PATIENCE_S)
    except NoLocks:
        # Whoever wrote there would hold one.
        return False
    finally:
        os.close(fd)


def _open_to_lock(path: Path) -> int:
    try:
        # NFS locks only what is open for writing.
        return os.open(path, os.O_RDWR)
    except OSError:
        return os.open(path, os.O_RDONLY)
