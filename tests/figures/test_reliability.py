"""Reliability diagrams: what is drawn of each bin, and that nothing is cut off."""

from __future__ import annotations

import pytest

from tracker.figures.reliability import Bin, Reliability, draw_reliability
from tracker.figures.style import to_bytes

TRAINED = Reliability(
    "as trained", [Bin(5, 0.55, 0.5, 0.2, 0.8, 4), Bin(9, 0.97, 0.8, 0.6, 0.92, 20)], 0.15, 0.1, 0.25
)
CALIBRATED = Reliability("calibrated", [Bin(5, 0.58, 0.6, 0.3, 0.85, 24)], 0.04)


def draw(panels, classes=2, **given):
    return draw_reliability(
        panels, [f"mode {n}" for n in range(len(panels))], classes=classes, bins=10, **given
    )


def test_before_and_after_stand_in_one_diagram_with_their_images_below():
    upper, lower = draw([[TRAINED, CALIBRATED]]).axes
    spans = [[segment[:, 1].tolist() for segment in lines.get_segments()] for lines in upper.collections]
    assert spans == [[[0.2, 0.8], [0.6, 0.92]], [[0.3, 0.85]]]
    before, after = (line for line in upper.lines if line.get_label()[0] != "_")
    assert before.get_ydata().tolist() == [0.5, 0.8]
    assert before.get_xdata() == pytest.approx([0.55, 0.97], abs=0.01)
    assert after.get_ydata().tolist() == [0.6]
    assert [bar.get_height() for bar in lower.patches] == [4, 20, 24]
    assert [0.5 < bar.get_x() < bar.get_x() + bar.get_width() < 0.6 for bar in lower.patches] == [1, 0, 1]
    names = [text.get_text() for text in upper.figure.legends[0].get_texts()]
    assert names == ["as trained: ECE 0.150 (0.100 to 0.250)", "calibrated: ECE 0.040"]


@pytest.mark.parametrize(("classes", "begin"), [(2, 0.5), (3, 0.3), (10, 0.1)])
def test_the_axis_begins_where_an_answer_can_begin(classes, begin):
    diagonal = draw([[TRAINED]], classes).axes[0].lines[0]
    assert diagonal.get_xdata() == pytest.approx([begin, 1])


def test_an_answer_that_is_no_answer_is_not_cut_off():
    half = Reliability("as trained", [Bin(4, 0.5, 0.5, 0.4, 0.6, 44)])
    upper, lower = draw([[half]]).axes
    (bar,) = lower.patches
    assert lower.get_xlim()[0] < bar.get_x()
    assert upper.get_xlim() == lower.get_xlim()


@pytest.mark.parametrize("panels", [1, 3, 5])
def test_nothing_covers_anything_else_and_nothing_is_outside(panels):
    figure = draw([[TRAINED, CALIBRATED]] * panels, note="132 test images.", synthetic=True)
    figure.draw_without_rendering()
    bottoms = [axes.xaxis.label.get_window_extent().y0 for axes in figure.axes[1::2]]
    for legend, bottom in zip(figure.legends, bottoms, strict=True):
        box = legend.get_window_extent()
        assert box.y1 <= bottom
        assert 0 <= box.x0 < box.x1 <= figure.bbox.x1
    (note,) = figure.texts
    assert 0 <= note.get_window_extent().y0 < note.get_window_extent().y1
    assert note.get_window_extent().y1 <= min(legend.get_window_extent().y0 for legend in figure.legends)
    assert max(axes.title.get_window_extent().y1 for axes in figure.axes) <= figure.bbox.y1


def test_a_long_name_of_a_mode_is_written_in_lines():
    name = "Frozen through features.denseblock4.denselayer12, norms adapt"
    figure = draw_reliability([[TRAINED]], [name], classes=2, bins=10)
    figure.draw_without_rendering()
    title = figure.axes[0]._left_title
    assert title.get_text().replace("\n", " ") == name
    assert title.get_window_extent().x1 <= figure.bbox.x1
    assert title.get_window_extent().y1 <= figure.bbox.y1


def test_a_figure_of_synthetic_images_says_so_and_equal_numbers_give_equal_files():
    said, plain, again = (
        to_bytes(draw([[TRAINED]], synthetic=s), "png", dpi=50) for s in (True, False, False)
    )
    assert said != plain == again
