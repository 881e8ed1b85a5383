"""The numbers of a comparison as plain rows: what CSV, JSON, a data frame and MLflow are given alike."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tracker.compare.arm_findings import ArmFindings, Finding
from tracker.compare.findings import Findings
from tracker.compare.pairs import Pair
from tracker.compare.sample_size import sample_size
from tracker.compare.statistics.intervals import Interval
from tracker.compare.table import Table
from tracker.compare.verdict import Verdict
from tracker.records import Arm

Value = str | float | int | None
Row = dict[str, Value]


def arm_rows(table: Table, findings: Findings | None) -> Iterator[Row]:
    """Yield one row an arm and measure, the table's own measure first.

    Args:
        table: The table.
        findings: What the answers of its networks say; None: not known, so the table's metric is all.
    """
    for mode, model, cell in table.by_arm():
        first = {"mode": mode, "model": model, "at": table.at}
        own = findings.of(Arm(model, mode)) if findings else None
        arm = findings.arms.get(Arm(model, mode)) if findings else None
        yield {
            **first,
            "metric": table.metric,
            "mean": number(cell.mean),
            "sd": number(cell.statistics.get("sd")),
            "n": cell.n,
            **_intervals(own, arm),
        }
        for name, found in _others(findings, Arm(model, mode)):
            yield {
                **first,
                "metric": f"test/{name}",
                "mean": found.value,
                "sd": found.sd,
                "n": len(found.by_repetition),
                **_intervals(found, arm),
            }


def _others(findings: Findings | None, arm: Arm) -> list[tuple[str, Finding]]:
    if findings is None or arm not in findings.arms:
        return []
    measures = findings.arms[arm].measures
    return [(name, found) for name, found in measures.items() if name != findings.measure]


def pair_rows(findings: Findings | None) -> Iterator[Row]:
    """Yield one row a pair of modes: the difference, its test, the verdict, and what else was tested.

    Args:
        findings: What the answers of a table's networks say.
    """
    for family, verdicts in (("main", findings.main), ("further", findings.further)) if findings else ():
        for verdict in verdicts:
            yield {**_decided(verdict), "family": family, **_tested(verdict.pair)}


def number(value: float | None) -> float | None:
    """Return a value that JSON has, too; None for infinities and what is no number."""
    return value if value is not None and math.isfinite(value) else None


def _intervals(found: Finding | None, arm: ArmFindings | None) -> Row:
    return {
        **_ends("interval", found.interval if found else None),
        "interval_over": _over(found, arm) if found and arm and found.interval else None,
        **_ends("sampling", found.sampling if found else None),
        "sampling_method": found.method if found and found.sampling else None,
        **_ends("with_seeds", found.both if found else None),
    }


def _over(found: Finding, arm: ArmFindings) -> str:
    images = "patients" if found.method == "bootstrap of patients" else "test images"
    return f"{images} and {arm.varied}" if found.both else images


def _ends(name: str, interval: Interval | None) -> Row:
    low, high = interval if interval is not None else (None, None)
    return {f"{name}_low": low, f"{name}_high": high}


def _decided(verdict: Verdict) -> Row:
    pair = verdict.pair
    return {
        "model": pair.model,
        "first": pair.first,
        "second": pair.second,
        "metric": f"test/{pair.measure}",
        "difference": pair.difference,
        **_ends("interval", pair.basis.interval),
        "interval_over": pair.basis.holds,
        "test": pair.basis.test,
        "p": pair.basis.p,
        "adjusted_p": verdict.adjusted_p,
        "verdict": str(verdict.kind),
        "better": verdict.better or None,
    }


def _tested(pair: Pair) -> Row:
    tests, size = pair.tests, sample_size(pair)
    # Beside several trainings, a test of the one seed that both have would be taken for one of them all.
    one = max(pair.repetitions) == 1
    table = next(iter(tests.mcnemar.values()), None) if one else None
    clustered = next(iter(tests.clustered.values()), None) if one else None
    delong = next(iter(tests.delong.values()), None) if one else None
    spread = tests.bootstrap
    return {
        "images": pair.images,
        "patients": pair.patients,
        "only_first_right": pair.disagreement.only_first,
        "only_second_right": pair.disagreement.only_second,
        "mcnemar_exact_p": table.exact_p if table else None,
        "mcnemar_mid_p": table.mid_p if table else None,
        "clustered_mcnemar_p": clustered,
        "delong_p": delong.p if delong else None,
        "resampled_t_p": tests.resampled.p if tests.resampled else None,
        "crossed_p": tests.crossed.p if tests.crossed else None,
        **_ends("bootstrap", spread.patients if spread else None),
        **_ends("bootstrap_with_seeds", spread.both if spread else None),
        "probability_of_false_claim": pair.false_claim,
        "smallest_difference": size.smallest if size else None,
        "images_needed": size.needed if size else None,
        "design_effect": pair.design_effect,
    }
