from __future__ import annotations

import pytest

from tracker.figures.labels import order_models, order_modes, paper_mode, paper_model, scale_of, title_of


def test_models_of_the_reference_study_come_first_and_the_rest_in_natural_order():
    models = ["resnet152", "vgg16", "resnet101", "densenet201", "resnet18", "alexnet", "vgg16"]
    assert order_models(models) == ["alexnet", "resnet152", "densenet201", "resnet18", "resnet101", "vgg16"]


def test_modes_go_from_the_most_to_the_least_frozen():
    modes = [
        "scratch",
        "fine-tuning",
        "lp-ft",
        "freeze:layer10",
        "freeze:layer2",
        "probe",
        "feature-extractor",
    ]
    assert order_modes(modes) == [
        "feature-extractor",
        "probe",
        "freeze:layer2",
        "freeze:layer10",
        "lp-ft",
        "fine-tuning",
        "scratch",
    ]


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("alexnet", "AlexNet"),
        ("resnet152", "ResNet-152"),
        ("densenet201", "DenseNet-201"),
        ("wide_resnet50_2", "Wide ResNet-50-2"),
        ("convnext_tiny", "convnext_tiny"),
    ],
)
def test_papers_have_their_own_names_for_networks(model, name):
    assert paper_model(model) == name


def test_a_mode_whose_norms_adapt_follows_the_one_whose_norms_are_frozen():
    modes = ["fine-tuning", "probe", "freeze:a.10", "freeze:a.2+norms", "freeze:a.2", "feature-extractor"]
    assert order_modes([*modes, "feature-extractor+norms"]) == [
        *("feature-extractor", "feature-extractor+norms", "probe"),
        *("freeze:a.2", "freeze:a.2+norms", "freeze:a.10", "fine-tuning"),
    ]
    assert paper_mode("feature-extractor+norms") == "Feature extractor, norms adapt"
    assert paper_mode("freeze:layer2+norms") == "Frozen through layer2, norms adapt"


def test_papers_write_modes_as_words():
    modes = ("feature-extractor", "probe", "lp-ft", "freeze:denseBlock4", "scratch")
    assert [paper_mode(mode) for mode in modes] == [
        "Feature extractor",
        "Linear probe",
        "LP-FT",
        "Frozen through denseBlock4",
        "Scratch",
    ]


@pytest.mark.parametrize(
    ("metric", "title", "written"),
    [
        ("val/loss", "validation loss", "0.1235"),
        ("test/accuracy", "test accuracy", "12.3"),
        ("test/balanced_accuracy", "test balanced accuracy", "12.3"),
        ("train/auroc", "training AUROC", "0.123"),
        ("test/any_other_metric", "test any other metric", "0.123"),
    ],
)
def test_metrics_have_a_title_and_a_scale_also_those_that_nobody_declared(metric, title, written):
    assert title_of(metric) == title
    assert scale_of(metric).write(0.12345) == written
