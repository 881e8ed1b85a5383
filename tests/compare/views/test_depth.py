from __future__ import annotations

import pytest

from tracker.compare.views.asked import Asked
from tracker.errors import ComparisonError

DEPTH = Asked(depth=True)


def frozen(depth: float, share: float) -> dict[str, dict[str, str]]:
    return {"tags": {"tracker.frozen_depth": str(depth), "tracker.frozen_share": str(share)}}


@pytest.fixture
def depths(answered):
    """One model at every depth, recorded in no order."""
    answered.run("alexnet", "freeze:b", range(30), **frozen(0.25, 0.02))
    answered.run("alexnet", "feature-extractor", range(20), **frozen(1, 0.99))
    answered.run("alexnet", "freeze:a", range(25), **frozen(0.75, 0.9))
    answered.run("alexnet", "freeze:c", range(28), **frozen(0.5, 0.3))
    answered.run("alexnet", "fine-tuning", range(40), **frozen(0, 0))
    answered.run("alexnet", "scratch", range(60), **frozen(0, 0))
    return answered


def test_arms_are_in_the_order_of_their_depth_and_not_of_their_names(depths):
    records = depths.compare(DEPTH).views["depth"].records
    modes = [row["mode"] for row in records]
    assert modes == ["scratch", "fine-tuning", "freeze:b", "freeze:c", "freeze:a", "feature-extractor"]
    assert [row["frozen_depth"] for row in records] == [0, 0, 0.25, 0.5, 0.75, 1]
    assert [row["frozen_share"] for row in records] == [0, 0, 0.02, 0.3, 0.9, 0.99]


def test_values_and_intervals_are_those_of_the_table(depths):
    comparison = depths.compare(DEPTH)
    table = comparison.table.query("metric == 'test/accuracy'").set_index("mode")
    for row in comparison.views["depth"].records:
        shown = table.loc[row["mode"]]
        assert (row["mean"], row["interval_low"]) == (shown["mean"], shown["interval_low"])


def test_the_figure_goes_from_fine_tuning_to_feature_extractor_with_scratch_beside_it(depths):
    axes = depths.compare(DEPTH).views["depth"].plot().axes[0]
    line, scratch = axes.get_lines()
    assert [round(x) for x in line.get_xdata()] == [0, 25, 50, 75, 100]
    assert list(line.get_ydata()) == pytest.approx([100 * (132 - n) / 132 for n in (40, 30, 28, 25, 20)])
    assert scratch.get_xdata()[0] < 0
    assert len(axes.collections) == 6, "an interval each"


def test_where_norms_adapt_there_is_an_open_mark_at_the_same_depth(depths):
    depths.run("alexnet", "freeze:c+norms", range(10), **frozen(0.5, 0.3))
    depths.run("alexnet", "feature-extractor+norms", range(12))
    view = depths.compare(DEPTH).views["depth"]
    modes = [row["mode"] for row in view.records]
    assert modes.index("freeze:c+norms") == modes.index("freeze:c") - 1, "less of it is frozen"
    line, *others = view.plot().axes[0].get_lines()
    assert len(line.get_xdata()) == 5
    assert [round(one.get_xdata()[0]) for one in others if one.get_xdata()[0] >= 0] == [50, 100]
    assert {one.get_markerfacecolor() for one in others} == {"white"}


def test_a_depth_that_is_not_recorded_is_left_out_and_said(depths):
    depths.run("alexnet", "freeze:d", range(22))
    view = depths.compare(DEPTH).views["depth"]
    assert "freeze:d" not in [row["mode"] for row in view.records]
    assert any("Left out: alexnet freeze:d." in note and "--rerun" in note for note in view.notes)


def test_runs_that_say_no_depth_at_all_are_to_be_made_again(answered):
    answered.run("alexnet", "freeze:a", range(22))
    answered.run("alexnet", "fine-tuning", range(22))
    with pytest.raises(ComparisonError, match="tracker run --rerun"):
        answered.compare(DEPTH)


def test_the_two_ends_alone_are_no_axis(answered):
    answered.run("alexnet", "feature-extractor", range(22))
    answered.run("alexnet", "fine-tuning", range(22))
    with pytest.raises(ComparisonError, match="tracker run --mode freeze:all"):
        answered.compare(DEPTH)


def test_the_ends_are_known_where_their_runs_do_not_say_it(answered):
    answered.run("alexnet", "freeze:a", range(22), **frozen(0.5, 0.4))
    answered.run("alexnet", "feature-extractor", range(22))
    answered.run("alexnet", "fine-tuning", range(22))
    view = answered.compare(DEPTH).views["depth"]
    assert [row["frozen_depth"] for row in view.records] == [0, 0.5, 1]
    assert [row["frozen_share"] for row in view.records] == [0, 0.4, None]


def test_a_model_without_a_depth_between_is_named(depths):
    depths.run("resnet18", "fine-tuning", range(22))
    view = depths.compare(DEPTH).views["depth"]
    assert "Without a depth between: resnet18." in view.notes


def test_that_test_images_choose_no_depth_is_said_of_test_metrics_alone(depths):
    def told(metric):
        return any(
            "chosen by the test images" in note
            for note in depths.compare(DEPTH, metric=metric).views["depth"].notes
        )

    assert told("test/accuracy")
    assert not told("val/loss")
