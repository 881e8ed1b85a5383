"""Lines of a report, broken where a reader does not stumble."""

from __future__ import annotations

import pytest

from tracker.compare.render.fill import filled


@pytest.mark.parametrize("width", range(20, 60))
def test_numbers_stay_with_what_they_are_of(width: int) -> None:
    text = "a difference of +1.1 (95 % interval −7.0 to +9.2; p = 0.78; p < 0.001), and 14 % of answers"
    lines = filled(text, width).splitlines()
    assert " ".join(line.strip() for line in lines) == text
    assert all(len(line) <= width for line in lines)
    assert not any(line.strip().startswith(("%", "=", "<", "0.78", "0.001")) for line in lines)
