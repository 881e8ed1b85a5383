from __future__ import annotations

import itertools

import matplotlib as mpl
import numpy as np
import pytest

from tracker.figures.curve_figures import draw_curves, draw_modes_together, epoch_ticks, spread_apart
from tracker.figures.style import to_bytes


def loss_curves(runs):
    return draw_curves(runs, "train/loss")


def drawn_lines(figure):
    return {line.get_label(): line for line in figure.axes[0].lines if not line.get_label().startswith("_")}


def test_there_is_a_figure_a_mode_and_a_line_a_model(reference_runs, make_run):
    figures = loss_curves([*reference_runs, make_run("resnet18", "freeze:layer4")])
    assert {mode: list(drawn_lines(figure)) for mode, figure in figures.items()} == {
        "feature-extractor": ["alexnet", "resnet152", "densenet201"],
        "fine-tuning": ["alexnet", "resnet152", "densenet201"],
        "freeze:layer4": ["resnet18"],
    }
    line = drawn_lines(figures["freeze:layer4"])["resnet18"]
    assert line.get_xdata().tolist() == list(range(1, 9))


def test_several_seeds_have_a_band_and_one_has_none(reference_runs):
    several = loss_curves(reference_runs)["fine-tuning"]
    assert len(several.axes[0].collections) == 3
    assert several.get_supxlabel() == "Line: mean over 3 seeds. Band: lowest to highest."
    single = loss_curves(reference_runs[::3])["fine-tuning"]
    assert len(single.axes[0].collections) == 0
    assert single.get_supxlabel() == ""


def test_a_model_has_the_same_color_in_every_figure_and_study(make_run):
    runs = [make_run("resnet152"), make_run("vgg16"), make_run("vgg16", "fine-tuning")]
    figures = loss_curves(runs)
    frozen, tuned = (drawn_lines(figures[mode]) for mode in ("feature-extractor", "fine-tuning"))
    assert frozen["vgg16"].get_color() == tuned["vgg16"].get_color() != frozen["resnet152"].get_color()
    alone = drawn_lines(loss_curves(runs[:1])["feature-extractor"])
    assert alone["resnet152"].get_color() == frozen["resnet152"].get_color()


def test_figures_of_one_metric_share_their_ranges(make_run):
    runs = [make_run(accuracy=0.6), make_run(mode="fine-tuning", accuracy=0.9, epochs=20)]
    frozen, tuned = (figure.axes[0] for figure in draw_curves(runs, "test/accuracy").values())
    assert frozen.get_xlim() == tuned.get_xlim() == (1, 20)
    assert frozen.get_ylim() == tuned.get_ylim() == (40, 100)


def test_figures_of_one_metric_have_their_axes_at_one_place(make_run):
    frozen = [make_run("alexnet", seed=seed) for seed in (0, 1)]
    tuned = make_run(
        "mobilenet_v3_large", "freeze:features.denseblock4.denselayer12", params={"dataset": "phantom"}
    )
    figures = loss_curves([*frozen, tuned]).values()
    assert [bool(figure.get_supxlabel()) for figure in figures] == [True, False]
    for figure in figures:
        to_bytes(figure, "png")
    first, second = (figure.axes[0].get_position().bounds for figure in figures)
    assert first == second
    for figure in figures:
        assert all(text.get_window_extent().x1 <= figure.bbox.x1 for text in figure.axes[0].texts)


def test_one_figure_has_all_modes_in_one_scale_and_its_legend_covers_none(reference_runs, make_run):
    runs = [*reference_runs, make_run("resnet18", "freeze:layer4", epochs=20)]
    figure = draw_modes_together(runs, "train/loss")
    figure.draw_without_rendering()
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "Feature extractor",
        "Frozen through layer4",
        "Fine-tuning",
    ]
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in figure.axes}) == 1
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "AlexNet",
        "ResNet-152",
        "DenseNet-201",
        "ResNet-18",
    ]
    assert legend.get_title().get_text() == "Line: mean over 1 to 3 seeds. Band: lowest to highest."
    assert all(legend.get_window_extent().y1 <= axes.get_tightbbox().y0 for axes in figure.axes)


def test_one_mode_alone_has_no_figure_of_all_modes(make_run):
    assert draw_modes_together([make_run()], "train/loss") is None


def test_axes_are_named_with_their_units(make_run):
    losses = loss_curves([make_run()])["feature-extractor"].axes[0]
    assert (losses.get_xlabel(), losses.get_ylabel()) == ("Epoch", "Training loss (cross-entropy)")
    assert losses.get_title(loc="left") == "Feature extractor"
    accuracies = draw_curves([make_run()], "val/accuracy")["feature-extractor"].axes[0]
    assert accuracies.get_ylabel() == "Validation accuracy (%)"


def test_curves_of_synthetic_images_say_so(make_run):
    def texts(dataset):
        (figure,) = loss_curves([make_run(params={"dataset": dataset})]).values()
        return [text.get_text() for text in figure.findobj(mpl.text.Text)]

    assert "synthetic images" in texts("phantom")
    both = [make_run(mode=mode, params={"dataset": "phantom"}) for mode in ("fine-tuning", "scratch")]
    drawn = draw_modes_together(both, "train/loss").findobj(mpl.text.Text)
    assert "synthetic images" in [text.get_text() for text in drawn]
    assert "synthetic images" not in texts("folder")


@pytest.mark.parametrize(
    ("last", "ticks"),
    [(1, [1]), (2, [1, 2]), (5, [1, 2, 3, 4, 5]), (40, [1, 10, 20, 30, 40]), (41, [1, 10, 20, 30, 41])],
)
def test_marked_epochs_are_whole_and_hold_the_first_and_the_last(last, ticks):
    assert epoch_ticks(last) == ticks


def test_labels_that_lie_too_close_are_moved_apart_as_little_as_needed():
    assert spread_apart([0.5, 0.1, 0.9], 0.1) == pytest.approx([0.5, 0.1, 0.9])
    assert spread_apart([0.5, 0.5], 0.1) == pytest.approx([0.45, 0.55])
    assert spread_apart([0.0, 0.0, 1.0], 0.1) == pytest.approx([0.0, 0.1, 1.0])
    assert spread_apart([1.0, 0.99], 0.1) == pytest.approx([1.0, 0.9])


def test_moved_labels_cost_no_more_than_the_best_of_a_grid_of_places():
    places = [0.42, 0.4, 0.55]
    grid = np.linspace(0, 1, 51)
    best = min(
        sum((a - b) ** 2 for a, b in zip(option, places, strict=True))
        for option in itertools.product(grid, repeat=3)
        if min(abs(a - b) for a, b in itertools.combinations(option, 2)) >= 0.1 - 1e-9
    )
    moved = spread_apart(places, 0.1)
    assert sum((a - b) ** 2 for a, b in zip(moved, places, strict=True)) <= best + 1e-9
    assert min(abs(a - b) for a, b in itertools.combinations(moved, 2)) >= 0.1 - 1e-9
