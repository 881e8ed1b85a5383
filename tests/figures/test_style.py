from __future__ import annotations

from tracker.figures.style import line_styles


def test_the_first_seven_models_have_seven_colors():
    styles = line_styles([f"net{number}" for number in range(4)])
    assert len({style.color for style in styles.values()}) == 7
    assert len(set(map(str, line_styles(f"net{number}" for number in range(25)).values()))) == 28
