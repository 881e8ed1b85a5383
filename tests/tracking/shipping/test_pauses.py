from __future__ import annotations

import math

from tracker.tracking.shipping.pauses import Pauses, Row


def test_what_fails_is_left_alone_and_what_does_not_is_not() -> None:
    pauses = Pauses(100.0, 800.0)
    assert not pauses.has("a")
    pauses.lengthen("a")
    assert (pauses.has("a"), pauses.has("b")) == (True, False)
    pauses.end()
    assert not pauses.has("a")


def test_a_pause_doubles_up_to_the_longest_and_begins_anew_after_a_success() -> None:
    pauses = Pauses(100.0, 300.0)
    lengths = []
    for _ in range(4):
        pauses.lengthen("a")
        pauses.end()
        lengths.append(pauses._lengths["a"])
    pauses.forget("a")
    pauses.lengthen("a")
    assert [*lengths, pauses._lengths["a"]] == [100.0, 200.0, 300.0, 300.0, 100.0]


def test_only_many_failures_in_a_row_that_took_long_are_too_many() -> None:
    slow, quick = Row(3, -math.inf), Row(3, math.inf)
    assert [slow.is_too_long_with(failed=failed) for failed in (True, True, True)] == [False, False, True]
    assert not any(quick.is_too_long_with(failed=True) for _ in range(100))
    assert [slow.is_too_long_with(failed=failed) for failed in (False, True, True, True)][-2:] == [
        False,
        True,
    ]
