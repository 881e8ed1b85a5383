"""Files are found as other computers write their names, and never guessed between two."""

from __future__ import annotations

import time
import unicodedata
from pathlib import Path

import pytest

from tracker.data.sources.source import IMAGE_ENDINGS
from tracker.data.tables.paths import Locator


@pytest.fixture
def locator(tmp_path: Path) -> Locator:
    names = (
        "a.png",
        "b.JPG",
        "b.jpg",
        "deep/c.png",
        "1.2.840.tif",
        "note.txt",
        "M\u00fcller.png",
        "x\\y.png",
    )
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return Locator(tmp_path, IMAGE_ENDINGS)


@pytest.mark.parametrize(
    ("cell", "name", "added"),
    [
        ("a.png", "a.png", ""),
        ("a", "a.png", ".png"),
        ("1.2.840", "1.2.840.tif", ".tif"),
        ("deep\\c.png", "deep/c.png", ""),
        (".\\deep\\c", "deep/c.png", ".png"),
        ("x\\y.png", "x\\y.png", ""),
        (unicodedata.normalize("NFD", "M\u00fcller.png"), "M\u00fcller.png", ""),
    ],
)
def test_files_are_found(locator: Locator, tmp_path: Path, cell: str, name: str, added: str) -> None:
    found = locator.locate(cell)
    assert (found.path, found.problem, found.added) == (tmp_path / name, "", added)


@pytest.mark.parametrize(
    ("cell", "problem", "absent"),
    [
        ("", "the path is empty", False),
        ("b", "b can be b.JPG or b.jpg", False),
        ("note", "note is not there", True),
        ("A.png", "A.png is not there (a.png is)", True),
        ("deep", "deep is a folder", True),
        ("gone/a.png", "gone/a.png is not there", True),
        ("C:\\a.png", "a path of a Windows computer, and this is none", False),
        ("c:/a.png", "a path of a Windows computer, and this is none", False),
        ("x" * 300, "x" * 80 + "... is not there", True),
    ],
)
def test_files_that_are_not_there_are_told(locator: Locator, cell: str, problem: str, absent: bool) -> None:
    found = locator.locate(cell)
    assert (found.problem, found.absent) == (problem, absent)


def test_a_file_without_ending_costs_no_more_the_more_files_there_are(tmp_path: Path) -> None:
    few, many = locating_seconds(tmp_path / "few", 500), locating_seconds(tmp_path / "many", 4000)
    assert many < 4 * 8 * few, "eight times the files; their square is sixty-four"


def locating_seconds(folder: Path, files: int) -> float:
    folder.mkdir()
    for number in range(files):
        (folder / f"{number}.png").touch()
    locator = Locator(folder, IMAGE_ENDINGS)
    began = time.process_time()
    assert all(locator.locate(f"{number}").added == ".png" for number in range(files))
    assert all(
        locator.locate(f"{number}.PNG").problem.endswith(f"({number}.png is)") for number in range(files)
    )
    return time.process_time() - began
