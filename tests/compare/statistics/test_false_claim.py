"""The probability that the arm that looks better is not."""

import numpy as np
import pytest
from scipy.stats import beta

from tracker.compare.statistics.false_claim import probability_of_false_claim


@pytest.mark.parametrize(
    ("right_first", "right_second", "least", "most"),
    [(102, 99, 0.06, 0.35), (112, 106, 0.01, 0.19), (114, 110, 0.03, 0.27)],
    ids=["alexnet", "resnet152", "densenet201"],
)
def test_the_published_table_is_as_unsure_as_its_congruence_allows(right_first, right_second, least, most):
    # Test accuracies of 77 and 75, 85 and 80, 86 and 83 % of 132; who was right where was not published.
    gap = right_first - right_second
    wrong = 132 - right_first
    of = [probability_of_false_claim(gap + k, k, 132) for k in range(wrong + 1)]
    assert of == sorted(of)
    assert min(of) == pytest.approx(least, abs=0.008)
    assert max(of) == pytest.approx(most, abs=0.008)


def test_it_is_the_share_of_draws_from_the_posterior():
    draws = np.random.default_rng(0).dirichlet([90 + 1, 12 + 1, 5 + 1, 25 + 1], 200_000)
    assert probability_of_false_claim(12, 5, 132) == pytest.approx(
        (draws[:, 1] <= draws[:, 2]).mean(), abs=0.002
    )


def test_counts_may_be_fractions():
    assert probability_of_false_claim(7.4, 3.2, 100.5) == pytest.approx(beta.cdf(0.5, 8.4, 4.2))


def test_swapped_arms_have_the_same():
    assert probability_of_false_claim(4, 9, 50) == probability_of_false_claim(9, 4, 50)


@pytest.mark.parametrize("count", [0, 3, 2.5, 100])
def test_equal_counts_are_a_coin(count):
    assert probability_of_false_claim(count, count, 200) == pytest.approx(0.5)
