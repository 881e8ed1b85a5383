"""A network as a graph of steps, by `torch.fx`, and the graph in two."""

from __future__ import annotations

from torch import fx, nn
from torchvision.models.feature_extraction import NodePathTracer
from torchvision.models.maxvit import RelativePositionalMultiHeadAttention
from torchvision.models.swin_transformer import ShiftedWindowAttention
from torchvision.ops import StochasticDepth

from tracker.errors import ModelError
from tracker.models.networks import Network

# Their forward passes ask for `self.training`: traced through, the answer of one moment would be fixed.
_LEAVES = (StochasticDepth, ShiftedWindowAttention, RelativePositionalMultiHeadAttention)


def trace(network: Network) -> tuple[fx.Graph, dict[fx.Node, str]]:
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
    tracer = NodePathTracer(leaf_modules=list(_LEAVES))
    graph = tracer.trace(module)
    return graph, dict(tracer.node_to_qualname)


def _uncuttable(name: str, reason: str) -> ModelError:
    return ModelError(
        "a network must be cut to have a frozen trunk",
        but=f"{name} cannot be: {reason}",
        do="Use --mode fine-tuning, or another network.",
    )


def ancestors(last: fx.Node) -> set[fx.Node]:
    """Return a node and everything that it is computed from."""
    found, waiting = {last}, [last]
    while waiting:
        new = [node for node in waiting.pop().all_input_nodes if node not in found]
        found.update(new)
        waiting.extend(new)
    return found


def divide(graph: fx.Graph, last: fx.Node) -> tuple[fx.Graph, fx.Graph]:
    """Return the graph up to and including `last`, and the graph from there to the output."""
    trunk, tail = fx.Graph(), fx.Graph()
    in_trunk = ancestors(last)
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
