"""Trained networks on external data sets beside their own test images: which mode travels better."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tracker.compare.elsewhere import Elsewhere, Travel, widest
from tracker.compare.findings import measure_of_metric
from tracker.compare.render.conclusions import p_values
from tracker.compare.render.method_notes import interval_words
from tracker.compare.render.numbers import interval_text, p_words
from tracker.compare.statistics.intervals import Interval
from tracker.compare.statistics.measures import MEASURES
from tracker.compare.table import MINUEND, SUBTRAHEND, Table
from tracker.compare.verdict import Kind, Verdict
from tracker.compare.view import Column, Group, Value, View
from tracker.compare.views.arms_of import NOTHING
from tracker.errors import ComparisonError, UsageError, counted
from tracker.figures.labels import (
    Scale,
    order_arms,
    order_models,
    paper_mode,
    paper_model,
    scale_of,
    title_with_unit,
)
from tracker.records import Arm, EpochKind

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DIGITS = 8
_TYPED = "tracker evaluate --experiment {experiment} --data PATH"
_CAUTION = (
    "A drop also holds that other images can be easier or harder, and classes more or less frequent; "
    "the difference of two modes' drops is of the same images for both. With accuracy, compare "
    "--metric test/auroc or test/balanced_accuracy, too, which frequencies of classes do not move."
)


def refuse_other_than_test(metric: str, at: EpochKind) -> None:
    """Refuse what networks are not asked about elsewhere.

    Raises:
        UsageError: The metric is none of test images, or the epoch another one than the stored network's.
    """
    if measure_of_metric(metric) is None:
        raise UsageError(
            "--external must be of a measure of test images",
            but=f"--metric is {metric}",
            do=f"Choose one of {', '.join(f'test/{name}' for name in MEASURES)}.",
        )
    if at != "final":
        raise UsageError(
            "--external must be of the last epoch, whose network is stored",
            but=f"--at is {at}",
            do="Leave --at out.",
        )


def external_view(table: Table, elsewhere: Sequence[Elsewhere], experiment: str) -> View:
    """Put what networks reach on external data sets beside what they reach on their own test images.

    Args:
        table: The table of the study.
        elsewhere: The data sets.
        experiment: MLflow's experiment, for what to type.

    Raises:
        ComparisonError: No network of the table was asked about an external data set.
    """
    if not elsewhere:
        raise _nothing_evaluated(experiment)
    names = _names(elsewhere)
    title = title_with_unit(f"/{table.metric.rpartition('/')[2]}")
    return View(
        name="external",
        title=f"{title[:1].upper()}{title[1:]} on the internal test and elsewhere",
        columns=(
            Column("mode", "left"),
            Column("internal test"),
            Column("external test"),
            Column("drop"),
        ),
        groups=tuple(
            group for one, name in zip(elsewhere, names, strict=True) for group in _groups(table, one, name)
        ),
        conclusions=tuple(
            line for one, name in zip(elsewhere, names, strict=True) for line in _conclusions(one, name)
        ),
        notes=tuple(_notes(table, elsewhere, names, experiment)),
        records=tuple(
            record
            for one, name in zip(elsewhere, names, strict=True)
            for record in _records(table, one, name)
        ),
        draw=lambda: _figure(table, elsewhere, names),
    )


def _names(elsewhere: Sequence[Elsewhere]) -> list[str]:
    """Return what the data sets are called, those of one name with their digests."""
    plain = [one.data.name for one in elsewhere]
    return [
        f"{name} ({one.data.digest[:_DIGITS]})" if plain.count(name) > 1 else name
        for one, name in zip(elsewhere, plain, strict=True)
    ]


def _groups(table: Table, one: Elsewhere, name: str) -> Iterator[Group]:
    arms = _arms(one)
    for model in order_models(arm.model for arm in arms):
        rows = [row for arm in arms if arm.model == model for row in _rows(table, one, arm)]
        yield Group(f"{paper_model(model)} on {name}", (*rows, *_difference_rows(table, one, model)))


def _arms(one: Elsewhere) -> list[Arm]:
    return order_arms(one.there.arms) if one.there is not None else []


def _rows(table: Table, one: Elsewhere, arm: Arm) -> Iterator[tuple[str, ...]]:
    """Yield what an arm reaches, and below it the intervals."""
    scale, drop = scale_of(table.metric), one.drops.get(arm)
    found = [side.of(arm) if side is not None else None for side in (one.here, one.there)]
    known = [(each.value, each.interval) if each is not None else None for each in found]
    known.append((drop.estimate, widest(drop)) if drop is not None else None)
    yield from _lines(paper_mode(arm.mode), known, scale, sign=False)


def _difference_rows(table: Table, one: Elsewhere, model: str) -> Iterator[tuple[str, ...]]:
    sides = [found.main_of(model) if found is not None else None for found in (one.here, one.there)]
    if sides[1] is None:
        return
    travel = one.travel_of(model)
    known = [(side.pair.difference, side.pair.basis.interval) if side is not None else None for side in sides]
    known.append((travel.difference, travel.interval) if travel is not None else None)
    yield from _lines("Difference", known, scale_of(table.metric), sign=True)


_Number = tuple[float, Interval | None]


def _lines(
    title: str, known: Sequence[_Number | None], scale: Scale, *, sign: bool
) -> Iterator[tuple[str, ...]]:
    yield (title, *(NOTHING if one is None else scale.write(one[0], sign=sign) for one in known))
    if any(one is not None and one[1] is not None for one in known):
        yield ("", *(interval_text(one[1] if one else None, scale, sign=sign) for one in known))


def _conclusions(one: Elsewhere, name: str) -> Iterator[str]:
    if one.there is None:
        return
    for verdict in one.there.main:
        yield _on_external(verdict, name)
        if travel := one.travel_of(verdict.pair.model):
            yield _travels(travel, one, verdict.pair.measure, name)


def _on_external(verdict: Verdict, name: str) -> str:
    """Return which mode is better there, with its numbers."""
    pair, scale = verdict.pair, scale_of(verdict.pair.measure)
    what = {
        Kind.ESTABLISHED: f"{verdict.better} is better there",
        Kind.NOT_ESTABLISHED: "which mode is better there is not established",
        Kind.CONTRARY: "two measures contradict each other there",
    }[verdict.kind]
    between = interval_text(pair.basis.interval, scale, sign=True)
    facts = "; ".join(filter(None, [f"95 % interval {between}" if between else "", p_values(verdict)]))
    images = f"{counted(pair.images, 'image')} of {counted(pair.patients, 'patient')}"
    return (
        f"{pair.model} on {name}: {what}. {pair.first} minus {pair.second} is "
        f"{scale.write(pair.difference, sign=True)} ({facts or 'nothing can be tested'}; {images})."
    )


def _travels(travel: Travel, one: Elsewhere, measure: str, name: str) -> str:
    """Return which mode loses less there, with its numbers."""
    scale = scale_of(measure)
    drops = [one.drops[Arm(travel.model, mode)].estimate for mode in (MINUEND, SUBTRAHEND)]
    lost = [f"{'gains' if drop < 0 else 'loses'} {scale.write(abs(drop))}" for drop in drops]
    what = (
        f"established: {travel.better} loses less"
        if travel.better
        else "not established which mode loses less"
    )
    between = interval_text(travel.interval, scale, sign=True)
    facts = [
        f"95 % interval {between}" if between else "",
        p_words(travel.p) if travel.p is not None else "",
        p_words(travel.adjusted_p, "adjusted p") if len(one.travels) > 1 else "",
    ]
    return (
        f"{travel.model} travels to {name}: {what}. {MINUEND} {lost[0]}, {SUBTRAHEND} "
        f"{lost[1]}: a difference of {scale.write(travel.difference, sign=True)} "
        f"({'; '.join(filter(None, facts)) or 'nothing can be tested'})."
    )


def _notes(
    table: Table, elsewhere: Sequence[Elsewhere], names: Sequence[str], experiment: str
) -> Iterator[str]:
    words = next((interval_words(one.there) for one in elsewhere if one.there is not None), "")
    yield (
        (f"{words}. " if words else "")
        + "Drop: internal less external, of the same networks; positive where it is worse there. "
        + ("Its interval holds both samples of patients, and seeds where there are several.")
    )
    yield _CAUTION
    for one, name in zip(elsewhere, names, strict=True):
        if one.data.class_map:
            pairs = (f"{theirs} is {ours or 'left out'}" for theirs, ours in one.data.class_map.items())
            yield f"{name}: {', '.join(pairs)}."
        missing = one.there.missing if one.there is not None else {}
        yield from (f"{name}, {arm}: left out, as {why}." for arm, why in missing.items())
        if one.unasked:
            yield (
                f"{name}: {counted(len(one.unasked), 'stored network')} of the table not asked: "
                f"{_TYPED.format(experiment=shlex.quote(experiment))}"
            )
    if any("fold" in run.params for run in table.selection.runs):
        yield (
            "Networks of folds were trained on much the same images: elsewhere, where each answers all "
            "images, intervals over them are too narrow, if anything."
        )


def _records(table: Table, one: Elsewhere, name: str) -> Iterator[dict[str, Value]]:
    for arm in _arms(one):
        drop = one.drops.get(arm)
        yield {
            **_record(table, one, name, arm.model, arm.mode),
            **_measured(one, arm, "internal"),
            **_measured(one, arm, "external"),
            **_spread("drop", drop.estimate if drop else None, widest(drop) if drop else None),
            "p": None,
            "adjusted_p": None,
            "better_there": None,
            "loses_less": None,
        }
    for verdict in one.there.main if one.there is not None else ():
        yield _pair_record(table, one, name, verdict)


def _pair_record(table: Table, one: Elsewhere, name: str, verdict: Verdict) -> dict[str, Value]:
    pair, travel = verdict.pair, one.travel_of(verdict.pair.model)
    here = one.here.main_of(pair.model) if one.here is not None else None
    return {
        **_record(table, one, name, pair.model, f"{pair.first} minus {pair.second}"),
        **_spread(
            "internal",
            here.pair.difference if here else None,
            here.pair.basis.interval if here else None,
        ),
        **_spread("external", pair.difference, pair.basis.interval),
        **_spread("drop", travel.difference if travel else None, travel.interval if travel else None),
        "p": travel.p if travel else None,
        "adjusted_p": travel.adjusted_p if travel else None,
        "better_there": verdict.better or None,
        "loses_less": (travel.better or None) if travel else None,
    }


def _record(table: Table, one: Elsewhere, name: str, model: str, mode: str) -> dict[str, Value]:
    known = {"dataset": name, "dataset_digest": one.data.digest, "metric": table.metric}
    return {**known, "model": model, "mode": mode, "networks": _networks(one, model, mode)}


def _networks(one: Elsewhere, model: str, mode: str) -> int | None:
    return sum(run.arm == Arm(model, mode) for run in one.runs) or None


def _measured(one: Elsewhere, arm: Arm, which: str) -> dict[str, Value]:
    findings = one.here if which == "internal" else one.there
    found = findings.of(arm) if findings is not None else None
    return _spread(which, found.value if found else None, found.interval if found else None)


def _spread(name: str, value: float | None, interval: Interval | None) -> dict[str, Value]:
    low, high = interval or (None, None)
    return {name: value, f"{name}_interval_low": low, f"{name}_interval_high": high}


def _nothing_evaluated(experiment: str) -> ComparisonError:
    return ComparisonError(
        "--external must have networks that were asked about an external data set",
        but=f"none of these runs of {experiment} was",
        do=f"Type: {_TYPED.format(experiment=shlex.quote(experiment))}",
    )


def _figure(table: Table, elsewhere: Sequence[Elsewhere], names: Sequence[str]) -> Figure:
    from tracker.figures.travel import INTERNAL, Place, travel_figure

    points: dict[tuple[Arm, str], Place] = {}
    for one, name in zip(elsewhere, names, strict=True):
        for arm in _arms(one):
            for where, findings in ((INTERNAL, one.here), (name, one.there)):
                if findings is not None and (found := findings.of(arm)) is not None:
                    low, high = found.interval or (None, None)
                    points[arm, where] = Place(*arm, where, found.value, low, high)
    note = next((interval_words(one.there) for one in elsewhere if one.there is not None), "")
    return travel_figure(
        list(points.values()), metric=table.metric, note=note, synthetic=table.selection.is_synthetic
    )
