from __future__ import annotations

from functools import partial

import pytest

from tracker.errors import DataError, ModelError, TrackerError, collect_errors, counted, listed

check_data = partial(collect_errors, error=DataError, must="all must hold")


def fail(name: str, error: type[TrackerError] = DataError) -> None:
    raise error(f"{name} must hold", but="it does not", do="Mend it.")


def passing() -> None:
    pass


def test_nothing_is_raised_where_all_is_well() -> None:
    check_data([passing, passing])


def test_one_error_is_raised_as_it_is() -> None:
    with pytest.raises(DataError) as caught:
        check_data([passing, partial(fail, "this")])
    assert str(caught.value) == "this must hold, but it does not. Mend it."


def test_several_errors_are_told_at_once() -> None:
    with pytest.raises(DataError) as caught:
        check_data([partial(fail, "this"), passing, partial(fail, "that")])
    assert str(caught.value).splitlines() == [
        "all must hold, but 2 things are wrong. Mend each of them:",
        "  this must hold, but it does not. Mend it.",
        "  that must hold, but it does not. Mend it.",
    ]


def test_several_errors_are_of_the_kind_and_in_the_words_that_were_asked_for() -> None:
    checks = [partial(fail, name, ModelError) for name in ("this", "that")]
    with pytest.raises(ModelError, match=r"^every network must, but 2 of them do not\."):
        collect_errors(checks, error=ModelError, must="every network must", but="{count} of them do not")


def test_errors_of_another_kind_are_not_collected() -> None:
    with pytest.raises(ModelError, match="a network must hold"):
        check_data([partial(fail, "this"), partial(fail, "a network", ModelError)])


def test_other_exceptions_are_not_collected() -> None:
    with pytest.raises(ZeroDivisionError):
        check_data([lambda: 1 // 0])


def test_a_short_list_stays_whole() -> None:
    assert listed(["a", "b"], 2) == ["a", "b"]


def test_a_long_list_says_how_many_more_there_are() -> None:
    assert listed(["a", "b", "c", "d"], 2) == ["a", "b", "... and 2 more"]


def test_one_is_told_without_the_plural() -> None:
    assert [counted(number, "run") for number in (0, 1, 2)] == ["0 runs", "1 run", "2 runs"]
