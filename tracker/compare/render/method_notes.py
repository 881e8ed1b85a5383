"""The note under a table that says how its intervals and p-values were made, as a journal wants it."""

from __future__ import annotations

from collections import defaultdict

from tracker.compare.evidence import NOT_STORED, Repetition
from tracker.compare.findings import Findings
from tracker.compare.pairs import MCNEMAR, RESAMPLED
from tracker.compare.statistics.bootstrap import RESAMPLES
from tracker.compare.statistics.measures import RANKING
from tracker.compare.table import Table
from tracker.errors import counted
from tracker.figures.labels import order_arms, scale_of
from tracker.records import Arm

_SAME = 1e-5
"""Training measures in single precision."""


def interval_note(findings: Findings) -> str:
    """Return what the intervals beside the values hold, and how they were made; empty where there is none."""
    words = interval_words(findings)
    return f"With each value: {words}." if words else ""


def interval_words(findings: Findings) -> str:
    """Return what the intervals of arms hold, and how they were made; empty where there is none."""
    found = [one for arm in findings.arms if (one := findings.of(arm)) is not None]
    known = [one for one in found if one.interval is not None]
    if not known:
        return ""
    images = "patients" if _clustered(findings) else "test images"
    with_seeds = [one.both is not None for one in known]
    methods = dict.fromkeys(
        f"bootstrap, {RESAMPLES:,} resamples"
        if one.both or one.method.startswith("bootstrap")
        else one.method
        for one in known
    )
    most = max(findings.arms.values(), key=lambda arm: len(arm.repetitions))
    varied = most.varied
    over = f"{images} and {varied} together" if all(with_seeds) else images
    if any(with_seeds) and not all(with_seeds):
        over = f"{images}, and over {varied} where there are several"
    over += f", {_of_folds(findings.measure, most.folds)}" if most.folds else ""
    alone = "" if any(with_seeds) and "seeds" in varied else "; how much trainings differ is not in them"
    return f"95 % interval over {over} ({'; '.join(methods)}){alone}"


def _of_folds(measure: str, folds: int) -> str:
    if measure in RANKING:
        return f"the mean of those of {folds} folds"
    return f"the answers of {folds} folds put together"


def test_note(findings: Findings) -> str:
    """Return which tests the p-values are of, and what they were corrected for, or why there is none."""
    if not findings.main:
        return _without_a_pair(findings)
    if not findings.main[0].family:
        if findings.main[0].pair.basis.test == RESAMPLED:
            return "No test: the difference is the same in every fold, or the arms have other folds."
        return "No test: these test images are of too few patients."
    tests = dict.fromkeys(verdict.pair.basis.test for verdict in findings.main)
    corrected = [
        f"adjusted for {counted(findings.main[0].family, 'model')} (Holm)"
        if findings.main[0].family > 1
        else "one model, so nothing is adjusted"
    ]
    exact = "the exact test is more cautious and is given beside it" if MCNEMAR in tests else ""
    facts = [f"p of {' and '.join(tests)}, two-sided", *corrected, *filter(None, [exact])]
    return (
        f"{'; '.join(facts)}. Established means an adjusted p of at most 0.05 and an interval without zero."
    )


def _without_a_pair(findings: Findings) -> str:
    models = [arm.model for arm in (*findings.arms, *findings.missing)]
    return "" if len(set(models)) < len(models) else "No verdict: no model was trained in two modes."


def missing_note(findings: Findings) -> str:
    """Return which arms have no interval, and why; empty where all have one."""
    by_reason: dict[str, list[Arm]] = defaultdict(list)
    for arm in order_arms(findings.missing):
        by_reason[findings.missing[arm]].append(arm)
    for arm in order_arms(arm for arm in findings.arms if findings.of(arm) is None):
        by_reason["its test images are not of every class that it takes"].append(arm)
    if not by_reason:
        return ""
    every = len(findings.arms) + len(findings.missing)
    told = [
        f"{'every arm' if len(arms) == every else ', '.join(map(str, arms))} ({reason})"
        for reason, arms in by_reason.items()
    ]
    again = " tracker run --rerun makes them again." if NOT_STORED in by_reason else ""
    return f"Without interval and verdict: {'; '.join(told)}.{again}"


def mismatch_note(table: Table, findings: Findings) -> str:
    """Return whose recorded values are not those of the stored answers; empty where all are.

    Of folds, what is recorded is a mean of theirs.
    """
    scale = scale_of(table.metric)
    told = [
        f"{model} {mode} ({scale.write(cell.mean)} and {scale.write(found.value)})"
        for mode, model, cell in table.by_arm()
        if (found := findings.of(Arm(model, mode))) is not None
        and findings.arms[Arm(model, mode)].repetitions == tuple(map(Repetition, cell.values))
        and any(
            abs(recorded - answered) > _SAME
            for recorded, answered in zip(cell.values.values(), found.by_repetition, strict=True)
        )
    ]
    if not told:
        return ""
    return f"Recorded values differ from those of the stored answers, which are tested: {'; '.join(told)}."


def _clustered(findings: Findings) -> bool:
    return any(arm.patients < arm.images for arm in findings.arms.values())
