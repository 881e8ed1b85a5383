from __future__ import annotations

from tracker.figures.arms import DrawnArm, arms_figure

MODES = ("feature-extractor", "fine-tuning", "scratch")


def test_modes_stand_side_by_side_around_the_name_of_their_model():
    arms = [DrawnArm("alexnet", mode, 0.7, 0.6, 0.8) for mode in MODES] + [
        DrawnArm("resnet18", MODES[2], 0.5)
    ]
    axes = arms_figure(arms, metric="test/accuracy").axes[0]
    places = [list(map(float, line.get_xdata())) for line in axes.get_lines()]
    assert places[0][0] < places[1][0] == 0 < places[2][0]
    assert places[2][1] == 1, "a model with one mode has it in the middle"
    assert len(axes.collections) == 3


def test_what_was_published_is_a_mark_of_its_own():
    arms = [DrawnArm("alexnet", mode, 0.7, 0.6, 0.8, published=0.77) for mode in MODES[:2]]
    figure = arms_figure(arms, metric="test/accuracy")
    marks = [
        line for line in figure.axes[0].get_lines() if line.get_marker() == "_" and len(line.get_ydata())
    ]
    assert [float(mark.get_ydata()[0]) for mark in marks] == [77, 77]
    assert figure.legends[0].get_texts()[-1].get_text() == "Published"


def test_long_notes_stay_within_the_figure():
    figure = arms_figure(
        [DrawnArm("alexnet", MODES[0], 0.7)], metric="test/accuracy", note="long words " * 20
    )
    figure.draw_without_rendering()
    box = figure._supxlabel.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1


def test_long_legends_stay_within_the_figure():
    arms = [DrawnArm("alexnet", f"freeze:features.denseblock{number}", 0.7) for number in range(8)]
    figure = arms_figure(arms, metric="test/accuracy")
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1
