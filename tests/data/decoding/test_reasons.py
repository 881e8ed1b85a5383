"""What an image cannot be decoded for: its content, or what may be otherwise another time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from tracker.data.decoding import PassingError, UndecodableError, read_file
from tracker.data.decoding.reasons import reason_of


def caused_by(cause: Exception) -> UndecodableError:
    error = UndecodableError("damaged or cut off")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError("out of memory error when reading image file"),
        caused_by(MemoryError()),
        caused_by(OSError("Out of memory")),
    ],
)
def test_too_little_memory_says_nothing_of_the_content(error: Exception) -> None:
    reason = reason_of(error)
    assert isinstance(reason, PassingError)
    assert str(reason) == "there is too little memory to decode it"


@pytest.mark.parametrize(
    "error", [Image.DecompressionBombError(), OSError("truncated"), ValueError(), caused_by(OSError("-2"))]
)
def test_what_else_a_decoder_says_is_of_the_content(error: Exception) -> None:
    assert not isinstance(reason_of(error), PassingError)


def test_what_the_system_says_passes_and_an_empty_file_does_not(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("gone", "folder", "pipe", "x" * 300, "a\0"):
        with pytest.raises(PassingError):
            read_file(tmp_path / name)
    (tmp_path / "empty").touch()
    with pytest.raises(UndecodableError) as caught:
        read_file(tmp_path / "empty")
    assert not isinstance(caught.value, PassingError)
