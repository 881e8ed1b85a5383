"""Frozen layers whose batch norms adapt: nothing else of them trains, moves or drops."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tracker.errors import ModelError
from tracker.models.adapting import AdaptingTail, has_norms, statistics_of, trained_parameters
from tracker.models.cut import Cut, cut_network, state_hash
from tracker.models.networks import Network, build_network

PIXELS = torch.randint(0, 256, (4, 64, 64, 1), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
VARIANT = "feature-extractor+norms"


def network(name: str) -> Network:
    return build_network(name, weights="none", classes=3, seed=0)


def cut(name: str, mode: str = VARIANT) -> Cut:
    return cut_network(network(name), mode)


def in_training(module: nn.Module) -> set[str]:
    return {type(layer).__name__ for layer in module.modules() if layer.training}


def test_batch_norms_alone_are_in_training_before_the_cut() -> None:
    tail = cut("efficientnet_b0", "freeze:features.7+norms").tail.train()
    assert isinstance(tail, AdaptingTail)
    kinds = {type(layer).__name__ for layer in tail.frozen.modules()}
    assert {"BatchNorm2d", "StochasticDepth"} <= kinds
    assert in_training(tail.frozen) == {"BatchNorm2d"}
    assert "Dropout" in in_training(tail.trained)
    assert in_training(tail.eval()) == set()


@pytest.mark.parametrize("mode", [VARIANT, "freeze:layer2+norms"])
def test_gradients_and_optimizers_know_the_layers_after_the_cut_alone(mode: str) -> None:
    tail = cut("mini-resnet", mode).tail
    assert isinstance(tail, AdaptingTail)
    tail.train()(PIXELS).sum().backward()
    trained = trained_parameters(tail)
    assert [id(one) for one in trained] == [id(one) for one in tail.trained.parameters()]
    assert all(one.grad is not None for one in trained)
    assert all(one.grad is None and not one.requires_grad for one in tail.frozen.parameters())
    assert len(trained_parameters(tail.trained)) == len(trained)


def test_the_running_statistics_move_and_nothing_else_before_the_cut() -> None:
    tail = cut("mini-densenet").tail
    assert isinstance(tail, AdaptingTail)
    before = {name: tensor.clone() for name, tensor in tail.frozen.state_dict().items()}
    names = statistics_of(tail.frozen)
    others = state_hash(tail.frozen, without=names)
    tail.train()(PIXELS)
    moved = {name for name, tensor in tail.frozen.state_dict().items() if not tensor.equal(before[name])}
    assert moved == set(names)
    assert {name.rpartition(".")[2] for name in moved} == {
        *("running_mean", "running_var", "num_batches_tracked")
    }
    assert state_hash(tail.frozen, without=names) == others
    next(layer for layer in tail.frozen.modules() if isinstance(layer, nn.BatchNorm2d)).weight.data += 1e-6
    assert state_hash(tail.frozen, without=names) != others


@torch.no_grad()
def test_in_evaluation_it_is_the_network_as_it_was() -> None:
    built = network("mini-resnet")
    whole = cut_network(built, "fine-tuning").tail.eval()(PIXELS)
    assert torch.equal(cut_network(built, VARIANT).tail.eval()(PIXELS), whole)
    assert not torch.equal(cut_network(built, VARIANT).tail.train()(PIXELS), whole)


def test_it_is_as_deep_as_the_mode_that_it_is_a_variant_of() -> None:
    for mode in ("feature-extractor", "freeze:layer2"):
        base, variant = cut("mini-resnet", mode), cut("mini-resnet", f"{mode}+norms")
        assert (variant.trunk, base.adapting) == (None, None)
        assert (variant.node, variant.depth) == (base.node, base.depth)
        assert variant.frozen_share == base.frozen_share > 0


@pytest.mark.parametrize("node", ["", "freeze:layer2+norms"])
def test_a_last_layer_alone_computes_in_fp32(node: str) -> None:
    tail = cut("mini-resnet", node or VARIANT).tail.eval()
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        assert tail(PIXELS).dtype == (torch.bfloat16 if node else torch.float32)


def test_a_network_without_batch_norms_is_refused_with_the_mode_that_is_the_same() -> None:
    assert not has_norms(network("mini-alexnet").module)
    with pytest.raises(ModelError, match=r"mini-alexnet has none up to .*--mode feature-extractor: it"):
        cut("mini-alexnet")
    with pytest.raises(ModelError, match="has none up to conv1"):
        cut("mini-resnet", "freeze:conv1+norms")
