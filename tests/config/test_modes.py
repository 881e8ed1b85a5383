"""A mode is where the network is cut; what is frozen and how fast it learns follows from that."""

from __future__ import annotations

import pytest

from tracker.config import modes
from tracker.config.modes import HEAD, INPUT, NAMED, Mode, find_mode
from tracker.config.options import RunOptions
from tracker.config.recipe import default_lr
from tracker.models.cut import cut_network
from tracker.models.networks import build_network


@pytest.mark.parametrize(
    ("name", "cut", "frozen", "pretrained", "lr"),
    [
        ("feature-extractor", HEAD, True, True, 1e-2),
        ("fine-tuning", INPUT, False, True, 1e-3),
        ("scratch", INPUT, False, False, 1e-2),
        ("freeze:layer3", "layer3", True, True, 1e-3),
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
