from __future__ import annotations

import pytest

from tracker.compare.views.crossing import Gap, Standing, crossings


def gaps(*pairs: tuple[int, float]) -> list[Gap]:
    return [Gap(size, difference) for size, difference in pairs]


def test_a_crossing_is_interpolated_along_the_logarithm_of_the_size():
    (one,) = crossings(gaps((50, 0.1), (200, -0.1)))
    assert (one.low.size, one.high.size) == (50, 200)
    assert one.at == pytest.approx(100)
    (one,) = crossings(gaps((10, 0.3), (10_000, -0.1)))
    assert one.at == pytest.approx(10 * 1000**0.75)


def test_every_crossing_is_found_and_those_of_one_sign_are_none():
    assert [one.low.size for one in crossings(gaps((1, 1), (2, -1), (3, -2), (4, 1)))] == [1, 3]
    assert crossings(gaps((1, 1), (2, 2), (3, 0.1))) == []
    assert crossings([]) == []


def test_a_touch_of_zero_is_no_crossing_and_zero_between_two_signs_is_where_it_is():
    assert crossings(gaps((1, 1), (2, 0), (3, 1))) == []
    assert crossings(gaps((1, 0), (2, 0))) == []
    (one,) = crossings(gaps((10, 1), (20, 0), (80, 0), (90, -1)))
    assert (one.low.size, one.high.size) == (10, 90)
    assert one.at == pytest.approx(40)


@pytest.mark.parametrize(
    ("low", "high", "standing"),
    [
        (True, True, Standing.BOTH),
        (True, False, Standing.ONE),
        (False, True, Standing.ONE),
        (False, False, Standing.NONE),
    ],
)
def test_a_crossing_is_established_where_both_differences_are(low, high, standing):
    (one,) = crossings([Gap(1, 0.1, is_established=low), Gap(2, -0.1, is_established=high)])
    assert one.standing is standing
