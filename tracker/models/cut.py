"""A mode is where the network is cut: a frozen trunk before the cut, a trained tail after it.

torch.fx traces a network into a graph; the graph is divided at the node at which one tensor crosses; and the
hash of a trunk's state proves that training left it alone.

Letters of shapes: N images, H and W their height and width, C their channels.
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import textwrap
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

import torch
from torch import fx, nn
from torchvision.models.feature_extraction import NodePathTracer
from torchvision.models.maxvit import RelativePositionalMultiHeadAttention
from torchvision.models.swin_transformer import ShiftedWindowAttention
from torchvision.ops import StochasticDepth

from tracker.config.modes import HEAD, INPUT, find_mode
from tracker.errors import ModelError
from tracker.models.adapting import AdaptingTail, has_norms
from tracker.models.networks import Network
from tracker.models.normalize import Intake

# Their forward passes ask for `self.training`: traced through, the answer of one moment would be fixed.
LEAVES = (StochasticDepth, ShiftedWindowAttention, RelativePositionalMultiHeadAttention)


@dataclass(frozen=True)
class Cut:
    """A network in two.

    Both share their layers with the network that was cut, so training the tail trains the network.

    Attributes:
        trunk: The frozen part, from pixels uint8 [N, H, W, C] on; None if the cut is at the input, or if its
            batch norms adapt, so that it gives something else at every step.
        tail: What is trained on: what the trunk gives (or pixels, if there is none) to logits [N, classes].
        node: The name of the last frozen node, or None.
        depth: The share of the steps before the last layer that is frozen, 0 to 1.
    """

    trunk: nn.Module | None
    tail: nn.Module
    node: str | None
    depth: float = 0.0

    @property
    def adapting(self) -> nn.Module | None:
        """The frozen layers whose batch norms adapt; None where there are none such."""
        return self.tail.frozen if isinstance(self.tail, AdaptingTail) else None

    @property
    def frozen_share(self) -> float:
        """The share of the network's parameters that is frozen, 0 to 1."""
        layers = self.adapting or self.trunk
        if layers is None:
            return 0.0
        frozen = {id(one): one.numel() for one in layers.parameters()}
        return sum(frozen.values()) / sum(
            (frozen | {id(one): one.numel() for one in self.tail.parameters()}).values()
        )


def cut_network(network: Network, mode: str) -> Cut:
    """Cut a network where its mode says.

    `freeze:NODE` freezes everything up to and including NODE; the name of a block means its last node.

    Args:
        network: The network; its layers end up in the trunk and the tail, not copies of them.
        mode: The name of a mode, such as feature-extractor or freeze:NODE.

    Raises:
        ModelError: If torch.fx cannot trace the network, there is no such node, more than one tensor
            crosses at it, nothing would be left to train or to freeze, or norms are to adapt where there
            are none.
    """
    asked = find_mode(mode)
    if asked.cut == INPUT:
        return Cut(None, nn.Sequential(_intake(network), network.module), None)
    graph = TracedNetwork(network)
    cut = graph.cut(graph.input_of_head() if asked.cut == HEAD else graph.find(asked.cut))
    return _with_adapting_norms(cut, network, mode) if asked.norms_adapt else cut


def _with_adapting_norms(cut: Cut, network: Network, mode: str) -> Cut:
    assert cut.trunk is not None
    if not has_norms(cut.trunk):
        raise ModelError(
            f"{mode} needs batch norms in its frozen layers",
            but=f"{network.name} has none up to {cut.node}",
            do=f"Use --mode {find_mode(mode).base}: it would be the same.",
        )
    return replace(cut, trunk=None, tail=AdaptingTail(cut.trunk, cut.tail))


def cut_points(network: Network) -> list[str]:
    """Return the nodes at which `freeze:NODE` can cut, in order from the input."""
    return TracedNetwork(network).valid_names()


class TracedNetwork:
    """The nodes of a traced network that its output depends on, with the names people use for them.

    Args:
        network: The network.

    Raises:
        ModelError: If torch.fx cannot trace it.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        graph, self._names = _trace(network)
        self._module = fx.GraphModule(network.module, graph)
        output = next(node for node in graph.nodes if node.op == "output")
        self._live = _ancestors(output)
        # Assertions on shapes lead nowhere, but would cross every cut.
        for node in reversed(list(graph.nodes)):
            if node not in self._live:
                graph.erase_node(node)
        self._module.recompile()
        self._head = next(node for node in graph.nodes if node.target == network.head)

    def input_of_head(self) -> fx.Node:
        """Return the node that the last layer reads."""
        node: fx.Node = self._head.all_input_nodes[0]
        return node

    def find(self, name: str) -> fx.Node:
        """Return the node with this name, or the last node of the block with this name."""
        node = self.last_node(name)
        if node is None:
            raise self._unknown(name)
        return node

    def last_node(self, name: str) -> fx.Node | None:
        """Return what `find` does; None where nothing has this name."""
        exact = [node for node in self._nodes() if name in (node.name, self._names.get(node))]
        inside = [node for node in self._nodes() if (self._names.get(node) or "").startswith(f"{name}.")]
        return next(iter((exact or inside)[::-1]), None)

    def cut(self, last: fx.Node) -> Cut:
        """Return the network in two, `last` being the last node of the trunk."""
        problem = self._problem(last)
        if problem:
            raise ModelError(
                "a network must be cut at a node at which one tensor crosses",
                but=f"at {self.label(last)} of {self._network.name} {problem}",
                do="Choose one of these nodes.",
                details=_wrapped(self.valid_names()),
            )
        trunk_graph, tail_graph = _divide(self._module.graph, last)
        root = self._network.module
        trunk = nn.Sequential(_intake(self._network), fx.GraphModule(root, trunk_graph, "Trunk"))
        return Cut(trunk, fx.GraphModule(root, tail_graph, "Tail"), self.label(last), self.depth(last))

    def depth(self, last: fx.Node) -> float:
        """Return the share of the steps before the last layer that are done after a node, 0 to 1."""
        done, all_steps = (self._steps_before(node) for node in (last, self.input_of_head()))
        return done / all_steps

    def is_block_end(self, last: fx.Node) -> bool:
        """Return whether the network can be cut here, and more than its last layer is trained then."""
        if self._problem(last) is not None:
            return False
        trunk = _ancestors(last)
        return any(self._has_weights(node) for node in self._live if node not in trunk and node != self._head)

    def _has_weights(self, node: fx.Node) -> bool:
        if node.op == "get_attr":
            return True
        layer = self._network.module.get_submodule(str(node.target)) if node.op == "call_module" else None
        return layer is not None and any(True for _ in layer.parameters())

    def _steps_before(self, last: fx.Node) -> int:
        return sum(node.op not in {"placeholder", "get_attr"} for node in _ancestors(last))

    def valid_names(self) -> list[str]:
        """Return the names of all nodes at which the network can be cut."""
        return [self.label(node) for node in self._nodes() if self._problem(node) is None]

    def _nodes(self) -> list[fx.Node]:
        return [node for node in self._module.graph.nodes if node.op not in {"output", "get_attr"}]

    def _problem(self, last: fx.Node) -> str | None:
        """Return why the network cannot be cut after this node; None where it can."""
        trunk = _ancestors(last)
        if last.op == "placeholder":
            return "nothing would be frozen (that is fine-tuning)"
        if self._head in trunk:
            return "the new last layer would be frozen"
        crossing = [
            node for node in self._nodes() if node in trunk and any(user not in trunk for user in node.users)
        ]
        if crossing != [last]:
            names = ", ".join(self.label(node) for node in crossing)
            return f"{len(crossing)} values cross ({names})"
        return None

    def label(self, node: fx.Node) -> str:
        """Return the name that people use for a node."""
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


def _trace(network: Network) -> tuple[fx.Graph, dict[fx.Node, str]]:
    """Return a network's graph, and the dotted names that people know its nodes by.

    Raises:
        ModelError: If torch.fx cannot trace the network, or it differs in training and in evaluation.
    """
    was_training = network.module.training
    try:
        traced = [_trace_once(network.module.train(training)) for training in (True, False)]
    except (fx.proxy.TraceError, TypeError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise _uncuttable(network.name, f"torch.fx cannot trace it ({reason})") from None
    finally:
        network.module.train(was_training)
    in_training, in_evaluation = (
        [(node.op, str(node.target), str(node.args), str(node.kwargs)) for node in graph.nodes]
        for graph, _ in traced
    )
    if in_training != in_evaluation:
        raise _uncuttable(network.name, "it computes other steps in training than in evaluation")
    return traced[1]


def _trace_once(module: nn.Module) -> tuple[fx.Graph, dict[fx.Node, str]]:
    tracer = NodePathTracer(leaf_modules=list(LEAVES))
    graph = tracer.trace(module)
    return graph, dict(tracer.node_to_qualname)


def _uncuttable(name: str, reason: str) -> ModelError:
    return ModelError(
        "a network must be cut to have a frozen trunk",
        but=f"{name} cannot be: {reason}",
        do="Use --mode fine-tuning, or another network.",
    )


def _ancestors(last: fx.Node) -> set[fx.Node]:
    """Return a node and everything that it is computed from."""
    found, waiting = {last}, [last]
    while waiting:
        new = [node for node in waiting.pop().all_input_nodes if node not in found]
        found.update(new)
        waiting.extend(new)
    return found


def _divide(graph: fx.Graph, last: fx.Node) -> tuple[fx.Graph, fx.Graph]:
    """Return the graph up to and including `last`, and the graph from there to the output."""
    trunk, tail = fx.Graph(), fx.Graph()
    in_trunk = _ancestors(last)
    copies: dict[fx.Node, fx.Node] = {}
    for node in graph.nodes:
        if node in in_trunk:
            copies[node] = trunk.node_copy(node, copies.__getitem__)
    trunk.output(copies[last])
    copies = {last: tail.placeholder("features")}
    for node in graph.nodes:
        # A parameter that both sides read does not cross: each side reads it by itself.
        if node not in in_trunk or (node.op == "get_attr" and not in_trunk.issuperset(node.users)):
            copies[node] = tail.node_copy(node, copies.__getitem__)
    return trunk, tail


def state_hash(module: nn.Module, *, without: Container[str] = ()) -> str:
    """Return the SHA-256 (hexadecimal) of every parameter and buffer, in the order of their names.

    Buffers count: the running statistics of a batch norm drift in a network whose parameters stand still.

    Args:
        module: The network, or a part of it.
        without: Names of what does not count.
    """
    digest = hashlib.sha256()
    state = itertools.chain(module.named_parameters(), module.named_buffers())
    for name, tensor in sorted(state, key=lambda item: item[0]):
        if name in without:
            continue
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
