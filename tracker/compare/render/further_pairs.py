"""The pairs of modes besides the two that are the question: few in full, many as what is established."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.compare.findings import Findings
from tracker.compare.render.numbers import p_words
from tracker.compare.verdict import Verdict
from tracker.errors import counted
from tracker.figures.labels import scale_of

FEW = 3
"""So many pairs are told each in full, where they are all that a table has."""


def told_in_full(findings: Findings) -> bool:
    """Return whether the further pairs are told one by one."""
    return not findings.main and len(findings.further) <= FEW


def further_lines(findings: Findings) -> list[str]:
    """Return how many further pairs are established, and which; empty where there is none."""
    if not findings.further:
        return []
    established = [verdict for verdict in findings.further if verdict.better]
    number = counted(len(findings.further), "other pair" if findings.main else "pair")
    count = f"{len(established) or 'none'} {_are(established)} established"
    summary = f"Of {number} of modes {count} (Holm over all)"
    return [f"{summary}: {'; '.join(map(_short, established))}." if established else f"{summary}."]


def _are(verdicts: Sequence[Verdict]) -> str:
    return "is" if len(verdicts) < 2 else "are"


def _short(verdict: Verdict) -> str:
    pair = verdict.pair
    other = pair.second if verdict.better == pair.first else pair.first
    reach = scale_of(pair.measure).write(abs(pair.difference))
    adjusted = p_words(verdict.adjusted_p, "adjusted p")
    return f"{pair.model} {verdict.better} over {other} by {reach} ({adjusted})"
