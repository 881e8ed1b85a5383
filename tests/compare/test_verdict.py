from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.answered import Answered
from tracker.compare.pairs import Basis, Pair
from tracker.compare.sample_size import sample_size
from tracker.compare.statistics.intervals import Interval
from tracker.compare.verdict import Kind, overall, verdicts_of

FE, FT = "feature-extractor", "fine-tuning"


@pytest.fixture
def pair(answered: Answered) -> Pair:
    answered.arm(FE, "1" * 40)
    answered.arm(FT, "10" * 20)
    return answered.found().main[0].pair


def saying(pair: Pair, p: float | None, low: float, high: float, **changes: object) -> Pair:
    basis = Basis("a test", p, Interval(low, high), "test images")
    return replace(pair, basis=basis, difference=(low + high) / 2, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("p", "low", "high", "kind", "better"),
    [
        (0.01, 0.1, 0.3, Kind.ESTABLISHED, FE),
        (0.01, -0.3, -0.1, Kind.ESTABLISHED, FT),
        (0.05, 0.1, 0.3, Kind.ESTABLISHED, FE),
        (0.0501, 0.1, 0.3, Kind.NOT_ESTABLISHED, ""),
        (0.01, -0.1, 0.3, Kind.NOT_ESTABLISHED, ""),
        (0.01, 0.0, 0.3, Kind.NOT_ESTABLISHED, ""),
        (None, 0.1, 0.3, Kind.NOT_ESTABLISHED, ""),
    ],
)
def test_a_difference_is_established_by_its_p_and_its_interval_together(
    pair: Pair, p: float | None, low: float, high: float, kind: Kind, better: str
) -> None:
    (verdict,) = verdicts_of([saying(pair, p, low, high)], higher_is_better=True)
    assert (verdict.kind, verdict.better, verdict.adjusted_p) == (kind, better, p)


def test_of_a_score_of_which_less_is_better_the_lower_one_is(pair: Pair) -> None:
    (verdict,) = verdicts_of([saying(pair, 0.01, 0.1, 0.3)], higher_is_better=False)
    assert verdict.better == FT


def test_a_p_is_corrected_for_those_that_have_one(pair: Pair) -> None:
    several = [saying(pair, p, 0.1, 0.3, model=str(p)) for p in (0.02, None, 0.04, 0.03)]
    decided = verdicts_of(several, higher_is_better=True)
    assert [verdict.adjusted_p for verdict in decided] == pytest.approx([0.06, None, 0.06, 0.06])
    assert {verdict.family for verdict in decided} == {3}
    assert not any(verdict.better for verdict in decided)


@pytest.mark.parametrize(
    ("low", "kind"),
    [
        ((0.1, 0.1), Kind.ESTABLISHED),
        ((0.1, -0.2), Kind.NOT_ESTABLISHED),
        ((-0.2, -0.2), Kind.NOT_ESTABLISHED),
        ((0.1, -0.9), Kind.CONTRARY),
    ],
)
def test_over_all_models_what_every_one_establishes_is_established(
    pair: Pair, low: tuple[float, float], kind: Kind
) -> None:
    pairs = [saying(pair, 0.001, end, end + 0.3, model=f"model{at}") for at, end in enumerate(low)]
    decided = overall(verdicts_of(pairs, higher_is_better=True))
    assert decided.kind is kind
    assert decided.better == (FE if kind is Kind.ESTABLISHED else "")


def test_what_another_measure_establishes_counts_after_its_own_correction(pair: Pair) -> None:
    seen = saying(pair, 0.001, 0.1, 0.3)
    other = saying(pair, 0.001, -0.3, -0.1, measure="auroc")
    (verdict,) = verdicts_of([seen], higher_is_better=True, others=[other])
    assert (verdict.kind, verdict.better, verdict.other_measure) == (Kind.CONTRARY, "", other)
    weak = saying(pair, 0.2, -0.3, -0.1, measure="auroc")
    (verdict,) = verdicts_of([seen], higher_is_better=True, others=[weak])
    assert (verdict.kind, verdict.better) == (Kind.ESTABLISHED, FE)


def test_sizes_are_of_accuracies_and_grow_with_the_design_effect(pair: Pair) -> None:
    assert sample_size(replace(pair, measure="auroc")) is None
    alone, doubled = sample_size(pair), sample_size(replace(pair, design_effect=2.0))
    assert alone is not None
    assert doubled is not None
    assert (alone.needed, doubled.needed) == (12, 24)
    assert (alone.smallest or 0) < (doubled.smallest or 0)
