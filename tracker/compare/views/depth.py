"""A metric against freeze depth: each model from fine-tuning over its blocks to feature extractor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracker.compare.findings import Findings
from tracker.compare.render.method_notes import interval_words
from tracker.compare.render.notes import caption
from tracker.compare.render.numbers import interval_text
from tracker.compare.settings import common
from tracker.compare.statistics.intervals import Interval
from tracker.compare.table import MINUEND, SUBTRAHEND, Table
from tracker.compare.view import Column, Group, Value, View
from tracker.compare.views.arms_of import NOTHING, interval_of
from tracker.errors import ComparisonError
from tracker.figures.labels import (
    order_models,
    order_modes,
    paper_mode,
    paper_model,
    scale_of,
    title_with_unit,
)
from tracker.records import ADAPTING, Arm

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BLOCK = "freeze:"
_ENDS = {MINUEND: 1.0, SUBTRAHEND: 0.0}
_BESIDE = {"scratch": 0.0, "lp-ft": 0.0, "probe": 1.0, MINUEND + ADAPTING: 1.0}
_NO_CHOICE = (
    "A depth that is chosen because these test images like it best is chosen by the test images, and reaches "
    "less on others; choose by validation, with --metric val/loss."
)


@dataclass(frozen=True, slots=True)
class Depth:
    """One arm and how deep it is frozen.

    Attributes:
        arm: The arm.
        depth: The share of the steps before the last layer that is frozen, 0 to 1.
        share: The share of the parameters that is frozen, 0 to 1; None where its runs do not say it.
        value: What it reached, as recorded.
        n: Of how many runs that is the mean.
        interval: Its interval; None where there is none.
    """

    arm: Arm
    depth: float
    share: float | None
    value: float
    n: int
    interval: Interval | None

    @property
    def on_line(self) -> bool:
        """Whether it is on the way from fine-tuning to feature extractor, or beside it."""
        adapts = self.arm.mode.endswith(ADAPTING)
        return self.arm.mode in _ENDS or (self.arm.mode.startswith(_BLOCK) and not adapts)


def depth_view(table: Table, findings: Findings | None) -> View:
    """Order the arms of a table by how deep they are frozen.

    Args:
        table: The table.
        findings: What the answers of its networks say; None: not known, so there are no intervals.

    Raises:
        ComparisonError: No model has an arm between fine-tuning and feature extractor that says how deep it
            is frozen.
    """
    depths, unsaid = _depths(table, findings)
    models = [model for model in order_models(one.arm.model for one in depths) if _has_block(depths, model)]
    if not models:
        raise _nothing_between(unsaid)
    shown = [one for model in models for one in depths if one.arm.model == model]
    return View(
        name="depth",
        title=f"{caption(table)}, by freeze depth",
        columns=(
            Column("mode", "left"),
            Column("layers frozen (%)"),
            Column("weights frozen (%)"),
            Column(title_with_unit(table.metric)),
            Column("95 % interval"),
        ),
        groups=tuple(_group(table, model, shown) for model in models),
        conclusions=(),
        notes=tuple(_notes(table, findings, models, unsaid)),
        records=tuple(_record(table, one) for one in shown),
        draw=lambda: _figure(table, findings, shown),
    )


def _depths(table: Table, findings: Findings | None) -> tuple[list[Depth], list[Arm]]:
    """Return the arms from the least to the most frozen, and those that do not say how deep it is."""
    known, unsaid = list[Depth](), list[Arm]()
    runs = table.selection.arms()
    for mode, model, cell in table.by_arm():
        arm = Arm(model, mode)
        own = list(runs[arm].values())
        depth, share = (_number(common(own, name)) for name in ("frozen_depth", "frozen_share"))
        if depth is None:
            depth = (_ENDS | _BESIDE).get(mode)
        if depth is None:
            unsaid.append(arm)
            continue
        share = 0.0 if share is None and depth == 0 else share
        known.append(Depth(arm, depth, share, cell.mean, cell.n, interval_of(findings, arm)))
    places = {mode: number for number, mode in enumerate(order_modes(one.arm.mode for one in known)[::-1])}
    return sorted(known, key=lambda one: (one.depth, places[one.arm.mode])), unsaid


def _number(text: str | None) -> float | None:
    return float(text) if text is not None else None


def _has_block(depths: list[Depth], model: str) -> bool:
    return any(one.arm.model == model and one.arm.mode.startswith(_BLOCK) for one in depths)


def _group(table: Table, model: str, shown: list[Depth]) -> Group:
    scale = scale_of(table.metric)
    rows = (
        (
            paper_mode(one.arm.mode),
            f"{100 * one.depth:.0f}",
            NOTHING if one.share is None else _percent(one.share),
            scale.write(one.value),
            interval_text(one.interval, scale) or NOTHING,
        )
        for one in shown
        if one.arm.model == model
    )
    return Group(paper_model(model), tuple(rows))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}" if 0 < share < 1 else f"{100 * share:.0f}"


def _record(table: Table, one: Depth) -> dict[str, Value]:
    low, high = one.interval or (None, None)
    return {
        "model": one.arm.model,
        "mode": one.arm.mode,
        "metric": table.metric,
        "at": table.at,
        "frozen_depth": one.depth,
        "frozen_share": one.share,
        "mean": one.value,
        "n": one.n,
        "interval_low": low,
        "interval_high": high,
    }


def _notes(table: Table, findings: Findings | None, models: list[str], unsaid: list[Arm]) -> list[str]:
    others = [model for model in table.models if model not in models]
    notes = [
        "Layers frozen: the share of the network's steps before its last layer.",
        f"{words}." if findings is not None and (words := interval_words(findings)) else "",
        _NO_CHOICE if table.metric.startswith("test/") else "",
        _left_out(unsaid),
        f"Without a depth between: {', '.join(others)}." if others else "",
    ]
    return [note for note in notes if note]


def _left_out(unsaid: list[Arm]) -> str:
    if not unsaid:
        return ""
    return (
        f"Left out: {', '.join(map(str, unsaid))}. Their runs do not say how deep they are frozen; "
        "tracker run --rerun makes them again."
    )


def _nothing_between(unsaid: list[Arm]) -> ComparisonError:
    if unsaid:
        return ComparisonError(
            "--depth must have runs that say how deep they are frozen",
            but=f"those of {', '.join(map(str, unsaid))} were made by a version that did not record it",
            do="Make them again: tracker run --rerun.",
        )
    return ComparisonError(
        "--depth must have arms between fine-tuning and feature extractor",
        but="these runs have none",
        do="Train them: tracker run --mode freeze:all.",
    )


def _figure(table: Table, findings: Findings | None, shown: list[Depth]) -> Figure:
    from tracker.figures.depth import DepthPoint, depth_figure

    points = []
    for one in shown:
        low, high = one.interval or (None, None)
        points.append(DepthPoint(*one.arm, one.depth, one.value, low, high, on_line=one.on_line))
    note = interval_words(findings) if findings is not None else ""
    return depth_figure(points, metric=table.metric, note=note, synthetic=table.selection.is_synthetic)
