"""A mode is where the network is cut; what is frozen and how fast it learns follows from that."""

from __future__ import annotations

import pytest

from tracker.config import modes
from tracker.config.loading import read_options
from tracker.config.modes import HEAD, INPUT, NAMED, Mode, every_depth, find_mode, meaningless_settings
from tracker.config.options import RunOptions
from tracker.config.recipe import Recipe, default_lr
from tracker.errors import UsageError
from tracker.models.cut import cut_network
from tracker.models.networks import build_network
from tracker.records import ADAPTING


@pytest.mark.parametrize(
    ("name", "cut", "frozen", "pretrained", "lr"),
    [
        ("feature-extractor", HEAD, True, True, 1e-2),
        ("fine-tuning", INPUT, False, True, 1e-3),
        ("scratch", INPUT, False, False, 1e-2),
        ("freeze:layer3", "layer3", True, True, 1e-3),
        ("lp-ft", INPUT, False, True, 1e-3),
        ("probe", HEAD, True, True, 1e-2),
    ],
)
def test_what_follows_from_the_cut(name: str, cut: str, frozen: bool, pretrained: bool, lr: float) -> None:
    mode = find_mode(name)
    assert (mode.name, mode.cut, mode.frozen, mode.pretrained) == (name, cut, frozen, pretrained)
    assert default_lr(name, "sgd") == lr


@pytest.mark.parametrize("name", ["freeze", "freeze:", "freeze:a b", "Fine-tuning", ""])
def test_what_is_no_mode_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(ValueError, match=r"feature-extractor, fine-tuning, scratch.* or freeze:NODE, got"):
        find_mode(name)


def test_a_mode_that_a_colleague_adds_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modes, "NAMED", (*NAMED, Mode("half-frozen", cut="layer2")))
    options = RunOptions(model=("resnet18",), mode=("half-frozen",), weights="none")
    recipe = options.recipe(model="resnet18", mode="half-frozen", seed=0, split="given", precision="fp32")
    assert (recipe.frozen, recipe.lr) == (True, 1e-3)
    network = build_network("resnet18", weights="none", classes=2, seed=0)
    cut, named = cut_network(network, "half-frozen"), cut_network(network, "freeze:layer2")
    assert cut.node == named.node
    assert sum(p.numel() for p in cut.tail.parameters()) == sum(p.numel() for p in named.tail.parameters())


STEPS = {"epochs", "batch_size", "optimizer", "lr", "weight_decay", "momentum", "schedule"}


def test_settings_that_change_nothing_make_no_other_runs() -> None:
    def recipe(**given: object) -> Recipe:
        options = read_options({"model": "resnet18", "mode": "probe", **given})
        return options.recipe(
            model="resnet18", mode="probe", seed=options.seed[0], split="given", precision="fp32"
        )

    plain = recipe()
    other = recipe(
        epochs=7, batch_size=3, optimizer="adam", lr=0.5, weight_decay=1, schedule="cosine", seed=4
    )
    assert plain == other
    assert plain.fingerprint(manifest_digest="m") == other.fingerprint(manifest_digest="m")
    assert (plain.epochs, plain.seed) == (1, 0)
    assert not (STEPS - {"epochs"}) & plain.params().keys()
    assert {"epochs", "seed"} <= plain.params().keys()
    assert recipe(image_size=64) != plain


def test_a_seed_means_something_where_it_draws_frozen_layers() -> None:
    assert meaningless_settings("probe", "imagenet").keys() == {*STEPS, "seed"}
    assert meaningless_settings("probe", "none").keys() == STEPS
    others = [mode.name for mode in NAMED if not mode.convex]
    assert all(not meaningless_settings(mode) for mode in [*others, "freeze:layer1", "of another version"])


def test_every_other_recipe_records_what_it_always_did() -> None:
    options = read_options({"model": "resnet18", "mode": "lp-ft"})
    recipe = options.recipe(model="resnet18", mode="lp-ft", seed=1, split="given", precision="fp32")
    assert {*STEPS, "seed"} <= recipe.params().keys()


def test_every_depth_goes_from_all_to_the_last_layer_with_scratch_beside_it() -> None:
    assert find_mode("freeze:all").several
    modes = ["fine-tuning", "freeze:a", "freeze:b", "feature-extractor", "scratch"]
    assert every_depth(["a", "b"]) == modes
    assert not any(find_mode(mode).several for mode in modes)


def test_what_freezes_layers_before_trained_ones_has_a_variant_whose_norms_adapt() -> None:
    for name in ("feature-extractor", "freeze:layer1", "freeze:all"):
        base, variant = find_mode(name), find_mode(f"{name}{ADAPTING}")
        assert (variant.cut, variant.pretrained, variant.frozen) == (base.cut, base.pretrained, base.frozen)
        assert (variant.norms_adapt, base.norms_adapt, variant.base) == (True, False, base.base)
        assert variant.several == base.several
        assert default_lr(variant.name, "sgd") == default_lr(name, "sgd")
    assert find_mode("feature-extractor+norms").short_name == "FE+N"
    assert find_mode("freeze:layer3.1.relu_1+norms").short_name == "er3.1.relu_1+N"


@pytest.mark.parametrize("name", ["probe", "fine-tuning", "scratch", "lp-ft"])
def test_what_freezes_nothing_or_trains_no_batches_has_none(name: str) -> None:
    with pytest.raises(ValueError, match=r"with frozen layers before \+norms, got"):
        find_mode(f"{name}{ADAPTING}")


def test_a_mode_of_a_colleague_has_a_variant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modes, "NAMED", (*NAMED, Mode("half-frozen", cut="layer2")))
    options = RunOptions(mode=("half-frozen",), norms=("frozen", "adapt"))
    assert options.modes == ["half-frozen", "half-frozen+norms"]


def test_norms_adapt_in_the_place_of_frozen_ones_or_beside_them() -> None:
    def asked(**given: object) -> list[str]:
        return read_options({"mode": ["feature-extractor", "probe", "fine-tuning"], **given}).modes

    variant = "feature-extractor+norms"
    assert asked() == ["feature-extractor", "probe", "fine-tuning"]
    assert asked(norms="adapt") == [variant, "probe", "fine-tuning"]
    assert asked(norms=["frozen", "adapt"]) == ["feature-extractor", variant, "probe", "fine-tuning"]
    assert asked(mode=[variant, "feature-extractor"], norms="adapt") == [variant]
    assert asked(mode=[variant]) == [variant]


def test_norms_cannot_adapt_where_nothing_is_frozen() -> None:
    with pytest.raises(UsageError, match="norms: adapt is about batch norms in frozen layers"):
        read_options({"mode": ["probe", "scratch"], "norms": "adapt"})
