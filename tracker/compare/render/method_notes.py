"""The note under a table that says how its intervals and p-values were made, as a journal wants it."""

from __future__ import annotations

from tracker.compare.findings import Findings
from tracker.compare.pairs import MCNEMAR
from tracker.compare.statistics.bootstrap import RESAMPLES
from tracker.errors import counted
from tracker.figures.labels import order_models, order_modes
from tracker.records import Arm


def interval_note(findings: Findings) -> str:
    """Return what the intervals below the values hold, and how they were made; empty where there is none."""
    words = interval_words(findings)
    return f"Below each value: {words}." if words else ""


def interval_words(findings: Findings) -> str:
    """Return what the intervals of arms hold, and how they were made; empty where there is none."""
    known = [(arm, one) for arm in findings.arms if (one := findings.of(arm)) is not None]
    if not known:
        return ""
    images = "patients" if _clustered(findings) else "test images"
    with_seeds = [one.both is not None for _, one in known]
    methods = dict.fromkeys(
        f"bootstrap, {RESAMPLES:,} resamples"
        if one.both or one.method.startswith("bootstrap")
        else one.method
        for _, one in known
    )
    over = f"{images} and seeds together" if all(with_seeds) else images
    if any(with_seeds) and not all(with_seeds):
        over = f"{images}, and over seeds where there are several"
    alone = "" if any(with_seeds) else "; how much trainings differ is not in them"
    return f"95 % interval over {over} ({'; '.join(methods)}){alone}"


def test_note(findings: Findings) -> str:
    """Return which tests the p-values are of, and what they were corrected for; empty without a pair."""
    if not findings.main:
        return ""
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


def missing_note(findings: Findings) -> str:
    """Return which arms have no interval, and why; empty where all have one."""
    models = order_models(arm.model for arm in findings.missing)
    modes = order_modes(arm.mode for arm in findings.missing)
    ordered = [Arm(model, mode) for model in models for mode in modes if Arm(model, mode) in findings.missing]
    told = [f"{arm} ({findings.missing[arm]})" for arm in ordered]
    return (
        f"Without interval and verdict: {'; '.join(told)}. tracker run --rerun makes them again."
        if told
        else ""
    )


def _clustered(findings: Findings) -> bool:
    return any(arm.patients < arm.images for arm in findings.arms.values())
