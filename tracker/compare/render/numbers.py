"""How intervals, p-values and probabilities are written."""

from __future__ import annotations

from tracker.compare.statistics.intervals import Interval
from tracker.figures.labels import Scale

_SMALLEST_P = 0.001


def interval_text(interval: Interval | None, scale: Scale, *, sign: bool = False) -> str:
    """Return an interval, such as `51.1 to 67.6`; empty where there is none.

    Args:
        interval: The interval, as recorded.
        scale: How its ends are written.
        sign: Whether a plus sign is written.
    """
    if interval is None:
        return ""
    return " to ".join(scale.write(end, sign=sign) for end in interval)


def p_text(p: float | None) -> str:
    """Return a p-value as journals print it; an en dash where there is none."""
    if p is None:
        return "–"
    if p < _SMALLEST_P:
        return f"<{_SMALLEST_P}"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def p_words(p: float | None, name: str = "p") -> str:
    """Return a p-value with its name: `p = 0.03`, `p < 0.001`."""
    text = p_text(p)
    return f"{name} < {text[1:]}" if text.startswith("<") else f"{name} = {text}"


def percent_text(share: float) -> str:
    """Return a probability in percent; of one near 0 or 1 that it is near."""
    percent = 100 * share
    if percent < 0.1:
        return "<0.1 %"
    if percent > 99.9:
        return ">99.9 %"
    return f"{percent:.1f} %" if percent < 10 else f"{percent:.0f} %"


def rounded_count(count: int) -> str:
    """Return a large number that is no more than an estimate, in two digits: `2,200`."""
    digits = max(len(str(count)) - 2, 0)
    return f"{round(count, -digits):,}"
