"""Locks of a folder, as network file systems give them."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from tracker.doctor.folders import home

# No such file system can be mounted by a test: what its locks do is put in place of the real ones.


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRACKER_HOME", str(tmp_path))
    return tmp_path


def test_a_folder_without_locks_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_lock(*_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", no_lock)
    found = home()
    assert (found.state, found.found) == (
        "missing",
        f"{folder}: locks do not work there (Function not implemented)",
    )
    assert "local disk" in found.advice


def test_a_folder_whose_locks_keep_nobody_out_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    assert home().found == f"{folder}: locks do not work there (two processes can have the same one)"
    assert list(folder.iterdir()) == []
