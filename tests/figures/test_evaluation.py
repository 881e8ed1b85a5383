from __future__ import annotations

import io
import random
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tracker.errors import ComparisonError
from tracker.figures import fonts
from tracker.figures.evaluation import confusion_matrix_png, draw_confusion_matrix, draw_roc, roc_png
from tracker.records import Prediction

CLASSES = ["normal", "tuberculosis"]


def size_of(png):
    with Image.open(io.BytesIO(png)) as image:
        image.load()
        return image.size


def legend_of(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def binary(score, positive):
    return CLASSES[positive], {"normal": 1 - score, "tuberculosis": score}


def slow_auroc(scores, truth):
    pairs = [(a, b) for a, yes in zip(scores, truth, strict=True) if yes for b in negatives(scores, truth)]
    return sum((a > b) + (a == b) / 2 for a, b in pairs) / len(pairs)


def negatives(scores, truth):
    return [score for score, yes in zip(scores, truth, strict=True) if not yes]


def test_two_classes_have_one_curve_for_the_last_class(make_predictions):
    rng = random.Random(1)
    truth = [rng.random() < 0.4 for _ in range(60)]
    scores = [round(min(1, max(0, rng.gauss(0.6 if yes else 0.4, 0.2))), 1) for yes in truth]
    axes = draw_roc(make_predictions(list(map(binary, scores, truth))), "Test images").axes[0]
    (label,) = legend_of(axes)
    assert label == f"tuberculosis: AUROC {slow_auroc(scores, truth):.3f}"
    assert len(axes.lines) == 2


def test_the_curve_of_the_finding_is_asked_for_by_name(make_predictions):
    rows = make_predictions([binary(0.2, False), binary(0.7, True), binary(0.9, False)])
    drawn = [draw_roc(rows, "Test images", positive=name).axes[0] for name in CLASSES]
    labels = [axes.get_legend().get_texts()[0].get_text() for axes in drawn]
    assert labels == ["normal: AUROC 0.500", "tuberculosis: AUROC 0.500"]
    assert roc_png(rows, positive="normal") != roc_png(rows, positive="tuberculosis") == roc_png(rows)


def certain(odds, positive):
    """Return a prediction of which probabilities say nothing more than which class it is."""
    label, shares = binary(float(odds > 0), positive)
    return Prediction("1.png", "test", "final", label, shares, {"normal": -odds, "tuberculosis": odds})


def test_images_that_are_as_good_as_certain_are_ranked_by_their_log_odds():
    rows = [certain(odds, positive) for odds, positive in ((900, False), (2000, True), (1500, True))]
    axes = draw_roc(rows, "Test images").axes[0]
    assert axes.get_legend().get_texts()[0].get_text() == "tuberculosis: AUROC 1.000"
    earlier = [replace(row, log_odds={}) for row in rows]
    axes = draw_roc(earlier, "Test images").axes[0]
    assert axes.get_legend().get_texts()[0].get_text() == "tuberculosis: AUROC 0.500"


def test_several_classes_have_a_curve_each_against_the_rest(make_predictions):
    rows = [(label, dict(zip("abc", shares, strict=True))) for label, shares in some_rows()]
    axes = draw_roc(make_predictions(rows), "Test images").axes[0]
    assert legend_of(axes) == [
        f"{name}: AUROC {slow_auroc([row[1][name] for row in rows], [row[0] == name for row in rows]):.3f}"
        for name in "abc"
    ]


def some_rows():
    rng = np.random.default_rng(0)
    return [("abc"[number % 3], rng.dirichlet([1, 1, 1]).tolist()) for number in range(30)]


def test_a_class_without_images_has_no_curve_but_is_named(make_predictions):
    rows = [("a", {"a": 0.5, "b": 0.3, "c": 0.2}), ("b", {"a": 0.2, "b": 0.6, "c": 0.2})]
    axes = draw_roc(make_predictions(rows), "Test images").axes[0]
    assert legend_of(axes)[2] == "c: not defined"
    only_one = draw_roc(make_predictions([binary(0.5, False)]), "Test images").axes[0]
    assert legend_of(only_one) == ["tuberculosis: not defined"]


def test_figures_of_a_run_are_images_that_depend_on_the_asked_part_alone(make_predictions):
    test = make_predictions([binary(0.2, False), binary(0.7, True), binary(0.6, False)])
    others = [
        *make_predictions([binary(0.9, False)], part="val"),
        *make_predictions([binary(0.9, False)], epoch_kind="best"),
    ]
    assert size_of(roc_png(test)) == (1020, 1152)
    assert roc_png([*others, *test]) == roc_png(test)
    assert roc_png([*others, *test], epoch_kind="best") != roc_png(test)
    matrix = confusion_matrix_png(test, CLASSES)
    assert size_of(matrix)[0] > size_of(matrix)[1] > 900
    assert confusion_matrix_png([*others, *test], CLASSES) == matrix


def test_the_confusion_matrix_counts_true_and_predicted_classes(make_predictions):
    rows = [binary(0.2, False)] * 3 + [binary(0.7, False)] + [binary(0.8, True)] * 2 + [binary(0.1, True)] * 3
    axes = draw_confusion_matrix(make_predictions(rows), CLASSES, "Test images").axes[0]
    assert [text.get_text() for text in axes.texts] == ["3\n75.0 %", "1\n25.0 %", "3\n60.0 %", "2\n40.0 %"]
    assert axes.get_title(loc="left") == "Test images\n5 of 9 right (55.6 %)"
    assert [label.get_text() for label in axes.get_yticklabels()] == CLASSES


def test_a_class_that_the_part_lacks_has_an_empty_row(make_predictions):
    axes = draw_confusion_matrix(make_predictions([binary(0.2, False)]), CLASSES, "Test images").axes[0]
    assert [text.get_text() for text in axes.texts] == ["1\n100.0 %", "0\n0.0 %", "0", "0"]


def test_a_class_name_may_hold_a_dollar_sign(make_predictions):
    names = ["a_$b$", "$\\bad$"]
    rows = [(name, {names[0]: 0.4, names[1]: 0.6}) for name in names]
    assert size_of(confusion_matrix_png(make_predictions(rows), names))
    assert size_of(roc_png(make_predictions(rows)))


@pytest.mark.parametrize("names", [["a", "_b"], ["_a", "_b", "__"], ["_", "_nolegend_"]])
def test_a_class_name_may_begin_with_an_underscore(make_predictions, names):
    rows = [(name, {other: 0.6 if other == name else 0.2 for other in names}) for name in names]
    # Any warning is an error in tests.
    legend = legend_of(draw_roc(make_predictions(rows), "Test images").axes[0])
    assert legend == [f"{name}: AUROC 1.000" for name in names[-1 if len(names) == 2 else 0 :]]
    assert size_of(confusion_matrix_png(make_predictions(rows), names))


def test_a_run_without_such_predictions_is_refused(make_predictions):
    validation = make_predictions([binary(0.2, False)], part="val")
    with pytest.raises(ComparisonError, match="none of part test at its final epoch"):
        roc_png(validation)
    with pytest.raises(ComparisonError, match="none of part test at its final epoch"):
        confusion_matrix_png(validation, CLASSES)


def test_figures_of_synthetic_images_say_so(make_predictions):
    answers = make_predictions([("sick", {"well": 0.2, "sick": 0.8}), ("well", {"well": 0.9, "sick": 0.1})])
    for drawn in (
        lambda **said: roc_png(answers, **said),
        lambda **said: confusion_matrix_png(answers, ["well", "sick"], **said),
    ):
        assert drawn(synthetic=True) != drawn(synthetic=False) == drawn()


def test_the_legend_of_roc_curves_covers_none_however_many_and_long_the_names(make_predictions):
    names = [f"finding number {number}, which has a name of several lines of its own" for number in range(9)]
    rows = [(name, {other: 0.2 if other == name else 0.1 for other in names}) for name in names]
    figure = draw_roc(make_predictions(rows), "Test images")
    figure.draw_without_rendering()
    (axes,) = figure.axes
    legend = axes.get_legend()
    assert legend.get_window_extent().y1 <= axes.xaxis.label.get_window_extent().y0
    assert legend.get_window_extent().y0 >= 0
    assert axes.title.get_window_extent().y1 <= figure.bbox.y1


def test_names_of_any_script_are_drawn_without_a_warning(make_predictions):
    names = ["健康", "سليم", "मलेरिया", "ปกติ", "\N{GRINNING FACE}", "\ue000", "a\udcff", "a\nb"]
    rows = [(name, {other: 0.5 if other == name else 0.1 for other in names}) for name in names]
    # Any warning is an error in tests.
    assert size_of(confusion_matrix_png(make_predictions(rows), names))
    assert size_of(roc_png(make_predictions(rows)))


def test_a_figure_says_that_names_are_transliterated(make_predictions, monkeypatch):
    monkeypatch.setattr(fonts, "_font_files", list)
    fonts._fonts_with.cache_clear()
    rows = [(name, {"健康": 0.3, "結核": 0.7}) for name in ("健康", "結核")]
    figure = draw_confusion_matrix(make_predictions(rows), ["健康", "結核"], "Test images")
    assert figure.get_supxlabel() == "Transliterated: no font of this machine has the original letters."
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["JianKang", "JieHe"]
    roc = draw_roc(make_predictions(rows), "Test images")
    assert roc.axes[0].get_legend().get_title().get_text() == figure.get_supxlabel()
    assert legend_of(roc.axes[0]) == ["JieHe: AUROC 0.500"]
    fonts._fonts_with.cache_clear()
