from __future__ import annotations

from functools import partial

import pytest

from tracker.data.together import check_all
from tracker.errors import DataError


def fail(name: str) -> None:
    raise DataError(f"{name} must hold", but="it does not", do="Mend it.")


def passing() -> None:
    pass


def test_nothing_is_raised_where_all_is_well() -> None:
    check_all([passing, passing])


def test_one_error_is_raised_as_it_is() -> None:
    with pytest.raises(DataError) as caught:
        check_all([passing, partial(fail, "this")])
    assert str(caught.value) == "this must hold, but it does not. Mend it."


def test_several_errors_are_told_at_once() -> None:
    with pytest.raises(DataError, match="2 things are wrong") as caught:
        check_all([partial(fail, "this"), passing, partial(fail, "that")])
    assert len(caught.value.details) == 2


def test_other_exceptions_are_not_collected() -> None:
    with pytest.raises(ZeroDivisionError):
        check_all([lambda: 1 // 0])
