"""A mode is where the network is cut: a frozen trunk before the cut, a trained tail after it."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from torch import fx, nn

from tracker.errors import ModelError
from tracker.models.intake import Intake
from tracker.models.networks import Network
from tracker.models.trace import ancestors, divide, trace
from tracker.recipe import FREEZE


@dataclass(frozen=True)
class Cut:
    """A network in two.

    Both share their layers with the network that was cut, so training the tail trains the network.

    Attributes:
        trunk: The frozen part, from pixels uint8 [N, H, W, C] on; None if the cut is at the input.
        tail: The trained part: what the trunk gives (or pixels, if there is none) to logits [N, classes].
        node: The name of the trunk's last node, or None.
    """

    trunk: nn.Module | None
    tail: nn.Module
    node: str | None


def cut_network(network: Network, mode: str) -> Cut:
    """Cut a network where its mode says.

    `freeze:NODE` freezes everything up to and including NODE; the name of a block means its last node.

    Args:
        network: The network; its layers end up in the trunk and the tail, not copies of them.
        mode: feature-extractor, fine-tuning, scratch or freeze:NODE.

    Raises:
        ModelError: If torch.fx cannot trace the network, there is no such node, more than one tensor
            crosses at it, or nothing would be left to train or to freeze.
    """
    if mode in {"fine-tuning", "scratch"}:
        return Cut(None, nn.Sequential(_intake(network), network.module), None)
    graph = _Graph(network)
    if mode == "feature-extractor":
        return graph.cut(graph.input_of_head())
    return graph.cut(graph.find(mode.removeprefix(FREEZE)))


def cut_points(network: Network) -> list[str]:
    """Return the nodes at which `freeze:NODE` can cut, in order from the input."""
    return _Graph(network).valid_names()


class _Graph:
    """The nodes of a traced network that its output depends on, with the names people use for them."""

    def __init__(self, network: Network) -> None:
        self._network = network
        graph, self._names = trace(network)
        self._module = fx.GraphModule(network.module, graph)
        output = next(node for node in graph.nodes if node.op == "output")
        self._live = ancestors(output)
        # Assertions on shapes lead nowhere, but would cross every cut.
        for node in reversed(list(graph.nodes)):
            if node not in self._live:
                graph.erase_node(node)
        self._module.recompile()
        self._head = next(node for node in graph.nodes if node.target == network.head)

    def input_of_head(self) -> fx.Node:
        node: fx.Node = self._head.all_input_nodes[0]
        return node

    def find(self, name: str) -> fx.Node:
        """Return the node with this name, or the last node of the block with this name."""
        exact = [node for node in self._nodes() if name in (node.name, self._names.get(node))]
        inside = [node for node in self._nodes() if (self._names.get(node) or "").startswith(f"{name}.")]
        if not exact and not inside:
            raise self._unknown(name)
        return (exact or inside)[-1]

    def cut(self, last: fx.Node) -> Cut:
        """Return the network in two, `last` being the last node of the trunk."""
        problem = self._problem(last)
        if problem:
            raise ModelError(
                "a network must be cut at a node at which one tensor crosses",
                but=f"at {self._label(last)} of {self._network.name} {problem}",
                do="Choose one of these nodes.",
                details=_wrapped(self.valid_names()),
            )
        trunk_graph, tail_graph = divide(self._module.graph, last)
        root = self._network.module
        trunk = nn.Sequential(_intake(self._network), fx.GraphModule(root, trunk_graph, "Trunk"))
        return Cut(trunk, fx.GraphModule(root, tail_graph, "Tail"), self._label(last))

    def valid_names(self) -> list[str]:
        """Return the names of all nodes at which the network can be cut."""
        return [self._label(node) for node in self._nodes() if self._problem(node) is None]

    def _nodes(self) -> list[fx.Node]:
        return [node for node in self._module.graph.nodes if node.op not in {"output", "get_attr"}]

    def _problem(self, last: fx.Node) -> str | None:
        """Say why the network cannot be cut after this node, if it cannot."""
        trunk = ancestors(last)
        if last.op == "placeholder":
            return "nothing would be frozen (that is fine-tuning)"
        if self._head in trunk:
            return "the new last layer would be frozen"
        crossing = [
            node for node in self._nodes() if node in trunk and any(user not in trunk for user in node.users)
        ]
        if crossing != [last]:
            names = ", ".join(self._label(node) for node in crossing)
            return f"{len(crossing)} values cross ({names})"
        return None

    def _label(self, node: fx.Node) -> str:
        return self._names.get(node) or node.name

    def _unknown(self, name: str) -> ModelError:
        valid = self.valid_names()
        near = difflib.get_close_matches(name, valid, n=1)
        return ModelError(
            "freeze:NODE must name a node or a block of the network",
            but=f"{self._network.name} has no {name!r}",
            do=(f"Did you mean {near[0]}? " if near else "") + "It can be cut at these nodes.",
            details=_wrapped(valid),
        )


def _intake(network: Network) -> Intake:
    return Intake(network.mean, network.std)


def _wrapped(names: Sequence[str]) -> list[str]:
    return textwrap.wrap(", ".join(names), width=96, break_on_hyphens=False)
