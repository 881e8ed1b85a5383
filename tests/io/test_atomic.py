"""A file is there whole or not at all, whoever writes it and wherever that ends."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tracker.io.atomic import share, unfinished_file, write_all, write_once, write_whole


def test_a_file_takes_the_place_of_an_older_one_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    for content in (b"old and long", b"new"):
        write_whole(path, content)
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_was_not_finished_is_gone_and_the_older_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write_half() -> None:
        with unfinished_file(path) as file:
            write_all(file, b"half of")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_half()
    assert [(one, one.read_bytes()) for one in tmp_path.iterdir()] == [(path, b"old")]


def test_of_several_that_write_a_file_once_one_wins_whole(tmp_path: Path) -> None:
    path = tmp_path / "token"
    contents = [bytes([number]) * 1000 for number in range(16)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda content: write_once(path, content), contents))
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_shared_takes_no_room_again_and_the_place_of_an_older_one(tmp_path: Path) -> None:
    file, second = tmp_path / "file", tmp_path / "folder" / "second"
    file.write_bytes(b"content")
    for _ in range(2):
        share(file, second)
        assert second.samefile(file)
        assert stat.S_IMODE(file.stat().st_mode) & 0o222 == 0, "whoever writes into one changes the other"
    file.unlink()
    second.unlink()
    second.write_bytes(b"other")
    file.write_bytes(b"content")
    share(file, second)
    assert second.read_bytes() == b"content"
