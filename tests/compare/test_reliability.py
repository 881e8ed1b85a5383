"""What a reliability diagram is drawn of: bins of equal width, against a hand computation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from tests.support.drawn_answers import drawn_answers, of_scores
from tracker.compare.reliability import reliability_figure, reliability_of_modes
from tracker.compare.statistics.bootstrap import bootstrap_intervals
from tracker.compare.statistics.measures import measure_of
from tracker.records import Arm

# Of the class that is answered: 0.6, 0.6, 0.75, 0.75, 0.75, 0.98; right are two of three, one of two, ...
SHARES = [0.6, 0.4, 0.75, 0.25, 0.75, 0.98]
LABELS = [1, 1, 1, 0, 0, 1]


@pytest.fixture
def answers():
    odds = np.log(SHARES) - np.log1p(-np.array(SHARES))
    return replace(of_scores([odds], LABELS), calibrated=of_scores([odds / 3], LABELS).probabilities)


def shares_of(axes):
    """Return the points of each legend entry: the share that is right, from the least to the most sure."""
    return [line.get_ydata().tolist() for line in axes.lines if not line.get_label().startswith("_")]


def test_bins_errors_and_images_are_those_by_hand(answers):
    figure = reliability_figure([answers], ["Test images"])
    upper, lower = figure.axes
    assert shares_of(upper)[0] == pytest.approx([1 / 2, 2 / 3, 1])
    assert [bar.get_height() for bar in lower.patches][:3] == [2, 3, 1]
    ends = [segment[:, 1].tolist() for segment in upper.collections[0].get_segments()]
    exact = [binomtest(*counts).proportion_ci(method="wilson") for counts in ((1, 2), (2, 3), (1, 1))]
    assert ends == [pytest.approx([each.low, each.high], abs=1e-9) for each in exact]
    before = (2 * abs(1 / 2 - 0.6) + 3 * abs(2 / 3 - 0.75) + abs(1 - 0.98)) / 6
    assert measure_of(answers, "ece") == pytest.approx([before])
    # At temperature 3: log-odds 0.405 / 3, 1.099 / 3 and 3.892 / 3 are probabilities 0.534, 0.591 and 0.785.
    after = (abs(1 + 2 - 2 * 0.53372 - 3 * 0.59055) + abs(1 - 0.78537)) / 6
    assert measure_of(answers, "ece_calibrated") == pytest.approx([after], abs=1e-4)
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    interval = bootstrap_intervals(answers, ["ece"])["ece"].patients
    assert told[0] == f"as trained: ECE {before:.3f} ({interval.low:.3f} to {interval.high:.3f})"
    assert told[1].startswith(f"calibrated: ECE {after:.3f} (")


def test_without_a_temperature_there_is_one_set_of_points(answers):
    figure = reliability_figure([replace(answers, calibrated=None)], ["Test images"])
    assert len(shares_of(figure.axes[0])) == 1


def test_several_networks_count_as_the_images_of_one():
    several = drawn_answers(images=60, repetitions=3)
    _, lower = reliability_figure([several], [""]).axes
    heights = [bar.get_height() for bar in lower.patches]
    assert sum(heights) == pytest.approx(2 * 60), "before and after"


def test_the_modes_of_a_model_stand_side_by_side_in_their_order():
    arms = {
        Arm("resnet18", "fine-tuning"): drawn_answers(seed=1),
        Arm("resnet18", "feature-extractor"): drawn_answers(seed=2),
        Arm("alexnet", "fine-tuning"): drawn_answers(seed=3),
    }
    figure = reliability_of_modes(arms, "resnet18", synthetic=True)
    assert [axes.get_title(loc="left") for axes in figure.axes[::2]] == ["Feature extractor", "Fine-tuning"]
    (note,) = figure.texts
    assert note.get_text().startswith("ResNet-18: 40 test images, mean of 3 networks;")
    assert figure.axes[0].get_title(loc="right") == "synthetic images"
    arms[Arm("resnet18", "probe")] = drawn_answers(repetitions=1)
    assert ", mean of 1 to 3 networks;" in reliability_of_modes(arms, "resnet18").texts[0].get_text()


@pytest.mark.parametrize(
    "answers",
    [
        of_scores([[np.inf, -np.inf, np.inf, -np.inf]], [1, 0, 1, 0]),
        of_scores([[0, 0, 0, 0]], [1, 0, 1, 0]),
        of_scores([[2.0]], [1]),
        drawn_answers(images=44, classes=3),
    ],
    ids=["all sure and right", "all the same", "one image", "three classes"],
)
def test_poor_parts_are_drawn_too(answers):
    # Any warning is an error in tests.
    upper, _ = reliability_figure([answers], ["Test images"]).axes
    assert shares_of(upper)[0]
