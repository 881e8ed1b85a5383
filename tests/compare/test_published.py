from __future__ import annotations

from itertools import product

import pytest

from tracker.compare.published import PUBLISHED, TEST_IMAGES, least_p, least_p_of_rounded, right_of
from tracker.compare.statistics.mcnemar import mcnemar
from tracker.records import Arm

MODELS = ("alexnet", "resnet152", "densenet201")


def of(model: str) -> tuple[int, int]:
    return PUBLISHED[Arm(model, "feature-extractor")], PUBLISHED[Arm(model, "fine-tuning")]


def test_the_table_is_the_published_one():
    assert [of(model) for model in MODELS] == [(77, 75), (85, 80), (86, 83)]
    assert [tuple(map(right_of, of(model))) for model in MODELS] == [(102, 99), (112, 106), (114, 110)]


@pytest.mark.parametrize(
    ("model", "least", "rounded"),
    [("alexnet", 0.25, 0.25), ("resnet152", 0.03125, 0.015625), ("densenet201", 0.125, 0.0625)],
)
def test_the_least_p_is_that_of_the_best_of_all_pairings(model: str, least: float, rounded: float):
    first, second = of(model)
    assert least_p(first, second) == pytest.approx(least, abs=1e-12)
    assert least_p_of_rounded(first, second) == pytest.approx(rounded, abs=1e-12)
    assert min(pairings(right_of(first), right_of(second))) == pytest.approx(least, abs=1e-12)
    alike = [
        [k for k in range(TEST_IMAGES + 1) if f"{100 * k / TEST_IMAGES:.0f}" == str(one)]
        for one in (first, second)
    ]
    assert min(p for a, b in product(*alike) for p in pairings(a, b)) == pytest.approx(rounded, abs=1e-12)


def test_the_order_of_two_percentages_does_not_matter():
    assert least_p(85, 80) == least_p(80, 85)
    assert least_p(80, 80) == 1


def pairings(first: int, second: int) -> list[float]:
    """The p of each number of images that both arms can have right."""
    least, most = max(0, first + second - TEST_IMAGES), min(first, second)
    return [mcnemar(first - both, second - both).exact_p for both in range(least, most + 1)]
