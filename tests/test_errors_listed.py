from __future__ import annotations

from tracker.errors import listed


def test_a_short_list_stays_whole() -> None:
    assert listed(["a", "b"], 2) == ["a", "b"]


def test_a_long_list_says_how_many_more_there_are() -> None:
    assert listed(["a", "b", "c", "d"], 2) == ["a", "b", "... and 2 more"]
