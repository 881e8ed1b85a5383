"""What holds where a user says nothing, and what follows from what is said."""

from __future__ import annotations

from pathlib import Path

from tracker.config.loading import read_options
from tracker.models.minis import MINIS


def test_scratch_takes_no_weights_whatever_the_others_take() -> None:
    options = read_options({"mode": ["scratch", "fine-tuning"], "weights": "imagenet"})
    recipes = {
        mode: options.recipe(model="resnet18", mode=mode, seed=0, split="given", precision="fp32")
        for mode in options.mode
    }
    assert recipes["scratch"].weights == "none"
    assert recipes["fine-tuning"].weights == "imagenet"


def test_a_class_may_be_a_number_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("positive: 1\n")
    assert read_options({}, tmp_path / "study.yaml").positive == "1"


def test_the_defaults_are_the_reference_study() -> None:
    options = read_options({})
    assert options.model == ("alexnet", "resnet152", "densenet201")
    assert options.mode == ("feature-extractor", "fine-tuning")
    assert {options.weights_of(model) for model in options.model} == {"imagenet"}
    assert (options.dataset, options.epochs) == ("tb-xray", 40)
    assert (options.image_size, options.experiment_name) == (224, "tb-xray")


def test_the_synthetic_data_set_has_small_networks_that_bring_their_weights() -> None:
    options = read_options({"dataset": "phantom"})
    assert options.model == tuple(MINIS)
    assert {options.weights_of(model) for model in options.model} == {"bundled"}
    assert read_options({"dataset": "phantom", "model": ["alexnet"]}).model == ("alexnet",)
    assert read_options({"model": ["mini-resnet", "alexnet"]}).weights_of("alexnet") == "imagenet"
    assert read_options({"dataset": "phantom", "weights": "none"}).weights_of("mini-resnet") == "none"
