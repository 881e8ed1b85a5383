"""An image file's content, read once: a file that changes meanwhile cannot be two files in one image."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .limits import MOST_FILE_BYTES
from .reasons import PassingError, UndecodableError, reason_of


def read_file(path: Path) -> bytes:
    """Return what is in a file.

    Args:
        path: The file; a link is followed.

    Raises:
        PassingError: It is missing, may not be read, or is no file (a folder, or a pipe, on which reading
            would wait for ever).
        UndecodableError: It is empty or too large.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise PassingError("not a file but a pipe or a device")
            if status.st_size > MOST_FILE_BYTES:
                raise UndecodableError(f"a file of more than {MOST_FILE_BYTES // 2**20} MiB")
            content = file.read(MOST_FILE_BYTES)
    except OSError as error:
        raise PassingError((error.strerror or str(error)).lower()) from error
    except MemoryError as error:
        raise reason_of(error) from error
    except ValueError as error:
        raise PassingError(f"no name that a file can have ({error})") from error
    if not content:
        raise UndecodableError("the file is empty")
    return content


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; without this flag, opening a pipe waits until somebody writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
