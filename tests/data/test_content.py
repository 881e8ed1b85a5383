from __future__ import annotations

import hashlib
import os
from pathlib import Path

from tracker.data.content import EMPTY, hash_files, same_content
from tracker.io.progress import silent


def test_digests_come_in_the_order_of_the_files(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(30)]
    for path in paths:
        path.write_text(path.name)
    assert [one.sha256 for one in hash_files(paths, silent)] == [
        hashlib.sha256(path.name.encode()).hexdigest() for path in paths
    ]


def test_what_cannot_be_opened_has_a_reason_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "whole").touch()
    found = hash_files([tmp_path / name for name in ("link", "loop", "whole", "missing")], silent)
    assert [one.problem for one in found] == [
        f"a link to {tmp_path / 'gone'}: No such file or directory",
        "a link to loop: Too many levels of symbolic links",
        "",
        "No such file or directory",
    ]
    assert [one.sha256 for one in found] == ["", "", EMPTY, ""]


def test_a_pipe_and_a_folder_are_no_files_and_nobody_waits_for_them(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    found = hash_files([tmp_path / "pipe.png", tmp_path / "folder.png"], silent)
    assert [one.problem for one in found] == ["it is no file", "it is a folder"]


def test_files_of_the_same_content_are_grouped() -> None:
    assert same_content([("a", "1"), ("b", "2"), ("c", "1"), ("d", "3")]) == [["a", "c"]]


def test_empty_files_are_broken_and_not_copies_of_each_other() -> None:
    assert same_content([("a", EMPTY), ("b", EMPTY)]) == []
