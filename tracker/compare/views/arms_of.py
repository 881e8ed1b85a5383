"""What views say of an arm of a table: its value, its interval, and whether more is better."""

from __future__ import annotations

from tracker.compare.findings import Findings
from tracker.compare.statistics.intervals import Interval
from tracker.compare.statistics.measures import MEASURES
from tracker.compare.table import Table
from tracker.figures.labels import order_models, order_modes
from tracker.records import Arm

NOTHING = "–"


def interval_of(findings: Findings | None, arm: Arm) -> Interval | None:
    """Return the interval that the table shows of an arm; None where there is none."""
    return findings.interval_of(arm) if findings is not None else None


def modes_by_model(table: Table) -> dict[str, list[str]]:
    """Return the modes that each model of a table has."""
    modes: dict[str, list[str]] = {}
    for mode, model, _ in table.by_arm():
        modes.setdefault(model, []).append(mode)
    return {model: order_modes(modes[model]) for model in order_models(modes)}


def more_is_better(metric: str) -> bool:
    """Say whether larger values of a metric such as `val/loss` are better."""
    name = metric.rpartition("/")[2]
    return MEASURES[name].higher_is_better if name in MEASURES else name != "loss"
