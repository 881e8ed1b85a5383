from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tracker.data.content import EMPTY, hash_files, same_content
from tracker.errors import DataError
from tracker.io.progress import silent


def test_digests_come_in_the_order_of_the_files(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(30)]
    for path in paths:
        path.write_text(path.name)
    assert hash_files(paths, silent) == [hashlib.sha256(path.name.encode()).hexdigest() for path in paths]


def test_every_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    (tmp_path / "whole").touch()
    with pytest.raises(DataError, match=r"(?s)2 cannot be opened.*link: No such file.*missing: No such file"):
        hash_files([tmp_path / "link", tmp_path / "whole", tmp_path / "missing"], silent)


def test_files_of_the_same_content_are_grouped() -> None:
    assert same_content([("a", "1"), ("b", "2"), ("c", "1"), ("d", "3")]) == [["a", "c"]]


def test_empty_files_are_broken_and_not_copies_of_each_other() -> None:
    assert same_content([("a", EMPTY), ("b", EMPTY)]) == []
