"""McNemar's test, exact and mid-p."""

import pytest
from statsmodels.stats.contingency_tables import mcnemar as reference

from tracker.compare.statistics.mcnemar import mcnemar


@pytest.mark.parametrize(
    ("only_first", "only_second", "exact_p", "mid_p"),
    [(1, 7, 0.0703, 0.0391), (6, 16, 0.0525, 0.0347)],
)
def test_it_gives_the_published_p(only_first, only_second, exact_p, mid_p):
    # Fagerland et al. 2013: airway hyper-responsiveness (Bentur) and complete responses (Cavo).
    result = mcnemar(only_first, only_second)
    assert (round(result.exact_p, 4), round(result.mid_p, 4)) == (exact_p, mid_p)


@pytest.mark.parametrize("only_first", range(8))
@pytest.mark.parametrize("only_second", range(1, 8))
def test_the_exact_p_is_that_of_another_library(only_first, only_second):
    table = [[10, only_first], [only_second, 10]]
    assert mcnemar(only_first, only_second).exact_p == pytest.approx(reference(table, exact=True).pvalue)


@pytest.mark.parametrize("disagreements", range(1, 9))
def test_the_mid_p_counts_what_was_seen_by_half(disagreements):
    from math import comb

    weights = [comb(disagreements, k) / 2**disagreements for k in range(disagreements + 1)]
    for seen in range(disagreements + 1):
        extreme = abs(2 * seen - disagreements)
        ways = list(enumerate(weights))
        beyond = sum(w for k, w in ways if abs(2 * k - disagreements) > extreme)
        same = sum(w for k, w in ways if abs(2 * k - disagreements) == extreme)
        assert mcnemar(seen, disagreements - seen).mid_p == pytest.approx(beyond + same / 2)


def test_swapped_arms_have_the_same_p():
    assert mcnemar(3, 11)[2:] == pytest.approx(mcnemar(11, 3)[2:])


def test_without_a_disagreement_p_is_one():
    assert mcnemar(0, 0)[2:] == (1.0, 1.0)
