"""Published numbers beside the user's own: a look, as other images and trainings are no test."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tracker.compare.findings import Findings
from tracker.compare.published import (
    PUBLISHED,
    TEST_IMAGES,
    least_p,
    least_p_of_rounded,
    right_of,
)
from tracker.compare.render.method_notes import interval_words
from tracker.compare.statistics.holm import holm
from tracker.compare.statistics.intervals import wilson
from tracker.compare.table import MINUEND, SUBTRAHEND, Table
from tracker.compare.verdict import ALPHA, Kind
from tracker.compare.view import Column, Group, Value, View
from tracker.compare.views.arms_of import NOTHING, interval_of, modes_by_model
from tracker.errors import ComparisonError, UsageError
from tracker.figures.labels import order_models, paper_mode, paper_model, scale_of
from tracker.records import Arm, EpochKind

if TYPE_CHECKING:
    from matplotlib.figure import Figure

METRIC, AT = "test/accuracy", "final"
"""What was published: test accuracy after the last epoch."""

_LOOK = (
    "This is a look, not a test: the published numbers come from other trainings, possibly of other images, "
    f"patients and weights, and each from {TEST_IMAGES} test images has an uncertainty of its own."
)


def refuse_other_metrics(metric: str, at: EpochKind) -> None:
    """Refuse what the reference study did not publish.

    Raises:
        UsageError: It is another metric or epoch.
    """
    if (metric, at) != (METRIC, AT):
        raise UsageError(
            "--paper must be of test accuracy after the last epoch, which is what was published",
            but=f"it was asked for {metric} at {at}",
            do="Leave --metric and --at out.",
        )


def paper_view(table: Table, findings: Findings | None) -> View:
    """Put the published numbers beside those of a table.

    Args:
        table: The table, of test accuracy after the last epoch.
        findings: What the answers of its networks say; None: not known, so there are no intervals.

    Raises:
        ComparisonError: The reference study has none of these models in any of these modes.
    """
    known = {
        model: [mode for mode in modes if Arm(model, mode) in PUBLISHED]
        for model, modes in modes_by_model(table).items()
    }
    known = {model: modes for model, modes in known.items() if modes}
    if not known:
        raise _nothing_published(table)
    records = [_record(table, findings, Arm(model, mode)) for model, modes in known.items() for mode in modes]
    return View(
        name="paper",
        title="Published test accuracy (%) beside yours",
        columns=(
            Column("mode", "left"),
            Column("published"),
            Column("yours"),
            Column("your 95 % interval"),
            Column("published is", "left"),
        ),
        groups=tuple(
            Group(paper_model(model), tuple(_row(one) for one in records if one["model"] == model))
            for model in known
        ),
        conclusions=(*(_conclusion(model, findings) for model in known), _over_all()),
        notes=tuple(
            note for note in (_LOOK, _rounding(known), _interval_note(findings), _others(table)) if note
        ),
        records=tuple(records),
        draw=lambda: _figure(table, findings, known),
    )


def _record(table: Table, findings: Findings | None, arm: Arm) -> dict[str, Value]:
    (cell,) = (cell for mode, model, cell in table.by_arm() if Arm(model, mode) == arm)
    interval, percent = interval_of(findings, arm), PUBLISHED[arm]
    own = wilson(right_of(percent), TEST_IMAGES)
    pair = _pair(arm.model)
    return {
        "model": arm.model,
        "mode": arm.mode,
        "metric": METRIC,
        "published": percent / 100,
        "published_right": right_of(percent),
        "published_images": TEST_IMAGES,
        "published_interval_low": own.low,
        "published_interval_high": own.high,
        "value": cell.mean,
        "n": cell.n,
        "interval_low": interval.low if interval else None,
        "interval_high": interval.high if interval else None,
        "published_is": _place(percent / 100, interval),
        "published_least_p": least_p(*pair),
        "published_least_p_of_rounded": least_p_of_rounded(*pair),
        "direction": _direction(arm.model, findings)[0],
    }


def _place(share: float, interval: tuple[float, float] | None) -> str | None:
    if interval is None:
        return None
    return "inside" if interval[0] <= share <= interval[1] else "outside"


def _row(record: dict[str, Value]) -> tuple[str, ...]:
    scale, low, high = scale_of(METRIC), record["interval_low"], record["interval_high"]
    between = f"{scale.write(float(low))} to {scale.write(float(high))}" if low is not None and high else ""
    return (
        paper_mode(str(record["mode"])),
        f"{100 * float(record['published'] or 0):.0f}",
        scale.write(float(record["value"] or 0)),
        between or NOTHING,
        str(record["published_is"] or "no interval"),
    )


def _pair(model: str) -> tuple[int, int]:
    return PUBLISHED[Arm(model, MINUEND)], PUBLISHED[Arm(model, SUBTRAHEND)]


def _published_better(model: str) -> tuple[str, str]:
    first, second = _pair(model)
    return (MINUEND, SUBTRAHEND) if first > second else (SUBTRAHEND, MINUEND)


def _conclusion(model: str, findings: Findings | None) -> str:
    first, second = _pair(model)
    published = (
        f"{paper_model(model)}: published {MINUEND} {first} %, {SUBTRAHEND} {second} %; whatever the "
        f"pairing, McNemar's exact p is at least {_bound(least_p(first, second))}."
    )
    return f"{published} {_direction(model, findings)[1]}"


def _direction(model: str, findings: Findings | None) -> tuple[str, str]:
    """Return how the user's own verdict stands to the published direction, in a word and in a sentence."""
    better, other = _published_better(model)
    verdict = findings.main_of(model) if findings is not None else None
    if verdict is None:
        return "no verdict", "Your runs have no verdict on these two modes."
    if verdict.kind is Kind.CONTRARY:
        return "contradict themselves", "Your runs contradict themselves: see the verdict."
    if verdict.better == better:
        return "same", f"Your runs establish the same direction: {better} is better."
    if verdict.better == other:
        return "contrary", f"Contrary to what was published, your runs establish that {other} is better."
    return (
        "not established",
        "Your runs establish neither direction, so they neither confirm nor contradict it.",
    )


def _over_all() -> str:
    models = order_models(arm.model for arm in PUBLISHED)
    adjusted = holm({model: least_p(*_pair(model)) for model in models})
    shown = [paper_model(model) for model, p in adjusted.items() if p <= ALPHA]
    what = " and ".join(shown) if shown else "no difference"
    values = ", ".join(_bound(adjusted[model]) for model in models)
    return (
        f"The published table itself could establish {what} after Holm's correction over its "
        f"{len(models)} models: at the least {values}."
    )


def _rounding(known: dict[str, list[str]]) -> str:
    pairs = {paper_model(model): _pair(model) for model in known}
    taken = [f"{model} {' and '.join(str(right_of(one)) for one in pair)}" for model, pair in pairs.items()]
    least = [_bound(least_p_of_rounded(*pair)) for pair in pairs.values()]
    return (
        f"Published percentages are taken as the nearest numbers of {TEST_IMAGES} images: {', '.join(taken)};"
        f" with any numbers that round to them, p is at least {', '.join(least)}."
    )


def _bound(p: float) -> str:
    """Return a p-value that another one is at least, rounded down."""
    return f"{math.floor(1000 * p) / 1000:g}"


def _interval(findings: Findings | None) -> str:
    return interval_words(findings) if findings is not None else ""


def _interval_note(findings: Findings | None) -> str:
    return f"Yours: {words}." if (words := _interval(findings)) else ""


def _others(table: Table) -> str:
    """Name the models and modes that the reference study does not have."""
    arms = [Arm(model, mode) for model, modes in modes_by_model(table).items() for mode in modes]
    models = list(dict.fromkeys(arm.model for arm in PUBLISHED))
    unknown = [*dict.fromkeys(arm.model for arm in arms if arm.model not in models)]
    unknown += dict.fromkeys(arm.mode for arm in arms if arm.model in models and arm not in PUBLISHED)
    return f"Nothing was published of {', '.join(unknown)}." if unknown else ""


def _nothing_published(table: Table) -> ComparisonError:
    models = order_models(arm.model for arm in PUBLISHED)
    had = [f"{model} ({', '.join(modes)})" for model, modes in modes_by_model(table).items()]
    return ComparisonError(
        f"--paper must have runs of {', '.join(models)} in the modes {MINUEND} or {SUBTRAHEND}",
        but=f"these are of {', '.join(had)}",
        do="Train one of them (tracker run --model alexnet), or leave --paper out.",
    )


def _figure(table: Table, findings: Findings | None, known: dict[str, list[str]]) -> Figure:
    from tracker.figures.arms import DrawnArm, arms_figure

    drawn = []
    for mode, model, cell in table.by_arm():
        if mode in known.get(model, []):
            arm = Arm(model, mode)
            low, high = interval_of(findings, arm) or (None, None)
            drawn.append(DrawnArm(model, mode, cell.mean, low, high, PUBLISHED[arm] / 100))
    note = _interval(findings)
    return arms_figure(drawn, metric=METRIC, note=note, synthetic=table.selection.is_synthetic)
