"""A ~ in what a user names: never a traceback, whichever option it is in."""

from __future__ import annotations

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
