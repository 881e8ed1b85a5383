"""What may be concluded from the pairs of a comparison: of each model, and over all of them.

A difference is established where its test is significant after Holm's correction *and* its interval leaves
zero out; one of the two alone is not enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tracker.compare.pairs import Pair
from tracker.compare.statistics.holm import holm

ALPHA = 0.05
"""The largest adjusted p-value that establishes a difference."""


class Kind(StrEnum):
    """What became of a question."""

    ESTABLISHED = "established"
    """One of the two modes is better."""
    NOT_ESTABLISHED = "not established"
    """These images do not tell."""
    CONTRARY = "contrary"
    """What is established here contradicts what is established there."""


@dataclass(frozen=True, slots=True, repr=False)
class Verdict:
    """What may be concluded of one pair.

    Attributes:
        pair: The pair.
        adjusted_p: Its p-value after Holm's correction over the pairs of its family; None where it has none.
        family: How many pairs were corrected for.
        kind: What may be concluded.
        better: The mode that is established to be better; empty where none is.
        other_measure: The pair in another measure that establishes the opposite; None where there is none.
    """

    pair: Pair
    adjusted_p: float | None
    family: int
    kind: Kind
    better: str
    other_measure: Pair | None = None

    def __repr__(self) -> str:
        """Return the conclusion; the numbers behind it fill screens."""
        pair = self.pair
        return (
            f"<{pair.model} {pair.first} minus {pair.second}: {self.kind}, "
            f"better {self.better or None}, adjusted p {self.adjusted_p}>"
        )


@dataclass(frozen=True, slots=True, repr=False)
class Overall:
    """What may be concluded over all models.

    Attributes:
        kind: Established where every model establishes the same, contrary where two contradict each other.
        better: The mode that every model establishes to be better; empty where there is none.
        verdicts: Those of the models.
    """

    kind: Kind
    better: str
    verdicts: tuple[Verdict, ...]

    def __repr__(self) -> str:
        """Return the conclusion; the numbers behind it fill screens."""
        return f"<over all models: {self.kind}, better {self.better or None}>"


def verdicts_of(
    pairs: Sequence[Pair], *, higher_is_better: bool, others: Sequence[Pair] = ()
) -> list[Verdict]:
    """Decide the pairs of one family.

    Args:
        pairs: One a model, or all that are asked about at once.
        higher_is_better: Whether larger values of the measure are better.
        others: The same pairs in another measure of which more is better, to find contradictions with.
    """
    known = {place: pair.basis.p for place, pair in enumerate(pairs) if pair.basis.p is not None}
    adjusted = holm(known)
    against = _established(others, higher_is_better=True)
    return [
        _verdict(pair, adjusted.get(place), len(known), higher_is_better, against)
        for place, pair in enumerate(pairs)
    ]


def overall(verdicts: Sequence[Verdict]) -> Overall:
    """Decide over all models.

    Args:
        verdicts: One a model, at least one.
    """
    better = {verdict.better for verdict in verdicts}
    if len(better - {""}) > 1 or any(verdict.kind is Kind.CONTRARY for verdict in verdicts):
        return Overall(Kind.CONTRARY, "", tuple(verdicts))
    if better == {""} or "" in better:
        return Overall(Kind.NOT_ESTABLISHED, "", tuple(verdicts))
    return Overall(Kind.ESTABLISHED, better.pop(), tuple(verdicts))


def better_of(pair: Pair, *, higher_is_better: bool) -> str:
    """Return the mode that looks better; empty where both look the same."""
    if pair.difference == 0:
        return ""
    return pair.first if (pair.difference > 0) == higher_is_better else pair.second


_Arms = tuple[str, str, str]


def _established(pairs: Sequence[Pair], *, higher_is_better: bool) -> dict[_Arms, tuple[str, Pair]]:
    """Return what another measure establishes, corrected in the same way."""
    decided = verdicts_of(pairs, higher_is_better=higher_is_better) if pairs else []
    return {_arms(one.pair): (one.better, one.pair) for one in decided if one.better}


def _arms(pair: Pair) -> _Arms:
    return pair.model, pair.first, pair.second


def _verdict(
    pair: Pair,
    adjusted: float | None,
    family: int,
    higher_is_better: bool,
    against: Mapping[_Arms, tuple[str, Pair]],
) -> Verdict:
    better = better_of(pair, higher_is_better=higher_is_better) if _is_established(pair, adjusted) else ""
    kind = Kind.ESTABLISHED if better else Kind.NOT_ESTABLISHED
    found = against.get(_arms(pair))
    if better and found is not None and found[0] != better:
        return Verdict(pair, adjusted, family, Kind.CONTRARY, "", found[1])
    return Verdict(pair, adjusted, family, kind, better)


def _is_established(pair: Pair, adjusted: float | None) -> bool:
    interval = pair.basis.interval
    return adjusted is not None and adjusted <= ALPHA and interval is not None and not interval.covers_zero
