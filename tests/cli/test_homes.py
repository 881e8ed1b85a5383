"""A ~ in what a user names: never a traceback, whichever option it is in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import Outcome

NOBODY = "~nobody-of-that-name"


@pytest.mark.parametrize(
    "asked",
    [
        ["--data", f"{NOBODY}/images"],
        ["--dataset", "csv", "--data", f"{NOBODY}/images.csv"],
        ["--data", "RADIOGRAPHS", "--weights", f"{NOBODY}/w.pth"],
        ["--config", f"{NOBODY}/study.yaml"],
        ["--data", "RADIOGRAPHS", "--tracking-uri", f"sqlite:///{NOBODY}/m.db"],
    ],
)
def test_the_home_of_nobody_is_one_line(
    asked: list[str], tracker: Callable[..., Outcome], radiographs: Path
) -> None:
    told = tracker("run", *(str(radiographs) if word == "RADIOGRAPHS" else word for word in asked))
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert f"nobody is called so in {NOBODY}" in told.err


def test_the_cache_of_nobody_is_one_line(
    tracker: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_CACHE", f"{NOBODY}/cache")
    told = tracker("run", "--dataset", "phantom")
    assert (told.code, told.err.count("\n")) == (1, 1)
    assert "TRACKER_CACHE must be a folder of this machine" in told.err


def test_a_current_folder_that_was_removed_is_one_line(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    told = subprocess.run(
        ["sh", "-c", 'rmdir "$PWD" && exec "$0" -m tracker status', sys.executable],
        check=False,
        cwd=gone,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
    )
    assert (told.returncode, told.stderr.count("\n")) == (1, 1)
    assert "the current folder must be there" in told.stderr


@pytest.mark.parametrize("command", ["status", "sync"])
def test_a_home_in_whose_place_a_file_lies_has_not_sent_everything(
    command: str, tracker: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").write_text("a file")
    monkeypatch.setenv("TRACKER_HOME", str(tmp_path / "home"))
    told = tracker(command)
    assert (told.code, told.out, told.err.count("\n")) == (1, "", 1)
    assert "must be a folder of journals that can be read" in told.err
