"""`tracker models`: which networks there are, and where they can be cut."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.command import Outcome
from tracker.models.networks import network_names

Tracker = Callable[..., Outcome]


def test_every_network_is_listed_and_those_that_bring_weights_are_marked(tracker: Tracker) -> None:
    told = tracker("models")
    assert told.code == 0
    assert [line.split()[0] for line in told.out.splitlines()] == network_names()
    marked = [line.split()[0] for line in told.out.splitlines() if line.endswith("brings its weights")]
    assert marked == ["mini-alexnet", "mini-resnet", "mini-densenet"]


def test_the_nodes_of_a_small_network_can_be_frozen(tracker: Tracker) -> None:
    told = tracker("models", "mini-densenet")
    nodes = [line.split()[0] for line in told.out.splitlines()]
    assert "features.transition2.norm" in nodes
    assert nodes.index("features.pool0") < nodes.index("features.transition2.pool")
    marked = [line.split("  ")[-1] for line in told.out.splitlines() if "freeze:all" in line]
    assert marked[0].split() == ["freeze:all:", "features.pool0"]
    assert len(marked) == 7


def test_a_mistyped_network_is_answered_with_the_nearest(tracker: Tracker) -> None:
    told = tracker("models", "mini-resnett")
    assert told.code == 2
    assert "mini-resnet" in told.err
