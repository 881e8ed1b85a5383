"""A metric against the number of training patients: the learning curves of a model's modes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from tracker.compare.findings import Findings
from tracker.compare.render.method_notes import interval_words
from tracker.compare.render.notes import caption
from tracker.compare.render.numbers import interval_text
from tracker.compare.settings import TRAIN_FRACTION, distinct, is_tuned, settings_of, value_of
from tracker.compare.shares import share_of
from tracker.compare.statistics.intervals import Interval
from tracker.compare.table import MINUEND, SUBTRAHEND, Table
from tracker.compare.verdict import Verdict
from tracker.compare.view import Column, Group, Value, View
from tracker.compare.views.arms_of import (
    NOTHING,
    interval_of,
    modes_by_model,
    more_is_better,
)
from tracker.compare.views.crossing import Crossing, Gap, Standing, crossings
from tracker.errors import ComparisonError
from tracker.figures.labels import (
    order_models,
    order_modes,
    paper_mode,
    paper_model,
    scale_of,
    title_with_unit,
)
from tracker.records import Arm, RunRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DIFFERENCE = "difference"
_ROUNDING = 1e-12
_SEVERAL = (
    "A difference is established as it is in a verdict; that there are several looks, one at each number, is "
    "not corrected for, so a crossing is a hint where to train more, and no verdict."
)


@dataclass(frozen=True, slots=True)
class Step:
    """The table of one share of the training part.

    Attributes:
        size: How many patients (or images) were trained on.
        share: Which share of the training part they are.
        table: Its table.
        findings: What the answers of its networks say; None: not known.
    """

    size: int
    share: float
    table: Table
    findings: Findings | None


Tables = Sequence[tuple[Table, Findings | None]]


def curve_view(tables: Tables) -> View:
    """Put the tables of several shares of the training part into one.

    Args:
        tables: The table of each share, and what the answers of its networks say.

    Raises:
        ComparisonError: The runs do not say how many images they were trained on.
    """
    unit, steps = _steps(tables)
    models = order_models(model for step in steps for model in step.table.models)
    table = steps[-1].table
    return View(
        name="curve",
        title=f"{caption(table)}, by number of training {unit}",
        columns=(
            Column(unit),
            Column("mode", "left"),
            Column(title_with_unit(table.metric)),
            Column("95 % interval"),
        ),
        groups=tuple(Group(paper_model(model), tuple(_rows(steps, model))) for model in models),
        conclusions=tuple(line for model in models if (line := _conclusion(steps, model, unit))),
        notes=tuple(_notes(steps)),
        records=tuple(record for model in models for record in _records(steps, model, unit)),
        draw=lambda: _figure(steps, unit),
    )


def _steps(tables: Tables) -> tuple[str, list[Step]]:
    """Return what the sizes count, and the tables by size."""
    runs = [run for table, _ in tables for run in table.selection.runs]
    unit = next((unit for unit in ("patients", "images") if all(_counts(runs, unit))), None)
    if unit is None:
        raise ComparisonError(
            "--curve must have runs that say how many images they were trained on",
            but="some were made by a version that did not record it",
            do="Make them again: tracker run --rerun.",
        )
    steps = (_step(table, findings, unit) for table, findings in tables)
    return unit, sorted(steps, key=lambda step: step.size)


def _step(table: Table, findings: Findings | None, unit: str) -> Step:
    runs = table.selection.runs
    size = round(fmean(map(int, filter(None, _counts(runs, unit)))))
    return Step(size, share_of(runs[0]), table, findings)


def _counts(runs: Sequence[RunRecord], unit: str) -> list[str | None]:
    return [value_of(run, f"train_{unit}") for run in runs]


def _arms(step: Step, model: str) -> Iterator[tuple[str, float, int, Interval | None]]:
    """Yield mode, value, number of runs and interval of each arm of a model."""
    found = {mode: cell for mode, one, cell in step.table.by_arm() if one == model}
    for mode in order_modes(found):
        interval = interval_of(step.findings, Arm(model, mode))
        yield mode, found[mode].mean, found[mode].n, interval


def _modes(steps: Sequence[Step], model: str) -> tuple[str, str] | None:
    """Return the two modes of a model whose curves are compared; None where it is not clear which."""
    modes = order_modes(mode for step in steps for mode in modes_by_model(step.table).get(model, []))
    if MINUEND in modes and SUBTRAHEND in modes:
        return MINUEND, SUBTRAHEND
    return (modes[0], modes[1]) if len(modes) == 2 else None


def _gap(step: Step, model: str, modes: tuple[str, str]) -> Gap | None:
    values = {mode: value for mode, value, _, _ in _arms(step, model)}
    if not set(modes) <= values.keys():
        return None
    difference, verdict = values[modes[0]] - values[modes[1]], _verdict(step.findings, model, modes)
    # Of two infinite losses there is no difference.
    if not math.isfinite(difference):
        return None
    # A mean of equal shares can differ in its last digit.
    difference = 0.0 if abs(difference) < _ROUNDING else difference
    if verdict is None:
        return Gap(step.size, difference)
    return Gap(step.size, difference, verdict.pair.basis.interval, bool(verdict.better))


def _verdict(findings: Findings | None, model: str, modes: tuple[str, str]) -> Verdict | None:
    verdicts = (*findings.main, *findings.further) if findings is not None else ()
    return next(
        (one for one in verdicts if (one.pair.model, one.pair.first, one.pair.second) == (model, *modes)),
        None,
    )


def _gaps(steps: Sequence[Step], model: str) -> list[Gap]:
    modes = _modes(steps, model)
    found = [_gap(step, model, modes) for step in steps] if modes else []
    return [gap for gap in found if gap is not None]


def _rows(steps: Sequence[Step], model: str) -> Iterator[tuple[str, ...]]:
    modes = _modes(steps, model)
    for step in steps:
        scale, first = scale_of(step.table.metric), f"{step.size:,}"
        for mode, value, _, interval in _arms(step, model):
            yield first, paper_mode(mode), scale.write(value), interval_text(interval, scale) or NOTHING
            first = ""
        if modes and (gap := _gap(step, model, modes)) is not None:
            written = interval_text(gap.interval, scale, sign=True) or NOTHING
            yield "", _DIFFERENCE, scale.write(gap.difference, sign=True), written


def _records(steps: Sequence[Step], model: str, unit: str) -> Iterator[dict[str, Value]]:
    modes = _modes(steps, model)
    for step in steps:
        first: dict[str, Value] = {
            "model": model,
            f"train_{unit}": step.size,
            TRAIN_FRACTION: step.share,
            "metric": step.table.metric,
            "at": step.table.at,
        }
        for mode, value, n, interval in _arms(step, model):
            yield {**first, "mode": mode, **_numbers(value, interval), "n": n}
        if modes and (gap := _gap(step, model, modes)) is not None:
            name = f"{modes[0]} minus {modes[1]}"
            yield {**first, "mode": name, **_numbers(gap.difference, gap.interval), "n": None}


def _numbers(value: float, interval: Interval | None) -> dict[str, Value]:
    low, high = interval or (None, None)
    return {"mean": value if math.isfinite(value) else None, "interval_low": low, "interval_high": high}


def _conclusion(steps: Sequence[Step], model: str, unit: str) -> str:
    modes, gaps = _modes(steps, model), _gaps(steps, model)
    if modes is None or len(gaps) < 2:
        return ""
    better = modes if more_is_better(steps[0].table.metric) else modes[::-1]
    found = [_crossing(one, better, unit) for one in crossings(gaps)] or [_no_crossing(gaps, better, unit)]
    return f"{paper_model(model)}: {' '.join(found)}"


def _ahead(gap: Gap, better: tuple[str, str]) -> str:
    return better[0] if gap.difference > 0 else better[1]


def _crossing(one: Crossing, better: tuple[str, str], unit: str) -> str:
    low, high = one.low, one.high
    where = (
        f"The two modes cross between {low.size:,} and {high.size:,} {unit} (interpolated: about "
        f"{one.at:,.0f}): {_ahead(low, better)} is ahead below, {_ahead(high, better)} above."
    )
    if one.standing is Standing.BOTH:
        return f"{where} Established: both differences are."
    if one.standing is Standing.NONE:
        return f"{where} Not established: neither of the two differences is."
    known, open_ = (low, high) if low.is_established else (high, low)
    which = f"the difference at {known.size:,} {unit} is, but not the one at {open_.size:,}"
    return f"{where} Not established: {which}."


def _no_crossing(gaps: Sequence[Gap], better: tuple[str, str], unit: str) -> str:
    between = f"between {gaps[0].size:,} and {gaps[-1].size:,} {unit}"
    ahead = {_ahead(gap, better) for gap in gaps if gap.difference != 0}
    if not ahead:
        return f"The two modes reach the same everywhere {between}."
    established = [f"{gap.size:,}" for gap in gaps if gap.is_established]
    where = f"at {', '.join(established)}" if established else "nowhere"
    return (
        f"The two modes do not cross {between}: {ahead.pop()} is ahead throughout, and the difference is "
        f"established {where}."
    )


def _notes(steps: Sequence[Step]) -> list[str]:
    findings = steps[-1].findings
    differing = _differing([run for step in steps for run in step.table.selection.runs])
    notes = [
        f"{words}." if findings is not None and (words := interval_words(findings)) else "",
        _SEVERAL,
        f"The curves are of runs that differ in more than the share: {', '.join(differing)}."
        if differing
        else "",
    ]
    return [note for note in notes if note]


def _differing(runs: Sequence[RunRecord]) -> list[str]:
    """Return the settings in which runs of one arm differ from share to share, and were not tuned to."""
    by_arm: dict[Arm, list[dict[str, str]]] = {}
    for run in runs:
        if not is_tuned(run):
            by_arm.setdefault(run.arm, []).append(settings_of(run))
    found = {
        name
        for several in by_arm.values()
        for name in set().union(*several)
        if len(distinct(one.get(name, "") for one in several)) > 1
    }
    return sorted(found)


def _figure(steps: Sequence[Step], unit: str) -> Figure:
    from tracker.figures.learning_curves import CurvePoint, learning_curves

    points = [
        CurvePoint(model, mode, step.size, value, *(interval or (None, None)))
        for step in steps
        for model in step.table.models
        for mode, value, _, interval in _arms(step, model)
    ]
    table, findings = steps[-1].table, steps[-1].findings
    note = interval_words(findings) if findings is not None else ""
    synthetic = table.selection.is_synthetic
    return learning_curves(points, metric=table.metric, unit=unit, note=note, synthetic=synthetic)
