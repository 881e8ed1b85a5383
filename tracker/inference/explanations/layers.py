"""The last map of features that still has places, found in a network's own graph.

Grad-CAM weighs the channels of such a map. In a convolutional network it is the last one before anything is
pooled or flattened (Selvaraju et al., ICCV 2017, arXiv 1610.02391, section 3); it is found by its shape. A
vision transformer reads its class token alone at the end, on which no other token of the last block's output
has any influence: there it is what the last attention reads, the tokens of the image as a grid (as J.
Gildenblat's pytorch-grad-cam does it). Swin and MaxViT pool a map of tokens, as convolutional networks do.

Letters of shapes: N images, C channels, h and w the map's height and width, T = 1 + h * w tokens, D = C.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp
from torchvision.models.feature_extraction import NodePathTracer

from tracker.errors import ModelError
from tracker.models.cut import LEAVES

_PLACES = "explained_places"
_POOLS = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.Dropout, nn.Dropout2d)
_POOLING = ("pool", "dropout")


@dataclass(frozen=True)
class ExplainedNetwork:
    """A network with a layer in it through which its map of features passes, and nothing else.

    Attributes:
        module: Normalized images [N, 3, H, W] to logits [N, K]: what the network answers, by its weights.
        places: The layer in it whose output is the map, [N, C, h, w].
        layer: The name of the layer whose output that is.
        grid: Height and width of the map.
    """

    module: nn.Module
    places: nn.Module
    layer: str
    grid: tuple[int, int]


class _Places(nn.Module):
    """Hands a map on, cut off from what is before it: no gradient is asked for there."""

    def forward(self, map_NChw: Tensor) -> Tensor:
        return map_NChw.detach().requires_grad_()


class _TokenPlaces(nn.Module):
    """Hands tokens [N, T, D] on, those of the image as a map [N, D, h, w] in between."""

    def __init__(self, grid: tuple[int, int]) -> None:
        super().__init__()
        self.grid = grid
        self.map = _Places()

    def forward(self, tokens_NTD: Tensor) -> Tensor:
        others_NTD, image_NTD = tokens_NTD[:, :1].detach(), tokens_NTD[:, 1:]
        map_NDhw: Tensor = self.map(image_NTD.mT.reshape(len(image_NTD), -1, *self.grid))
        return torch.cat([others_NTD, map_NDhw.flatten(2).mT], dim=1)


def explained_network(module: nn.Module, head: str, *, image_size: int, name: str) -> ExplainedNetwork:
    """Find the last map of a network, and give it a layer of its own.

    Args:
        module: Normalized images to logits, in evaluation mode; it stays as it is.
        head: The dotted name of its last layer.
        image_size: Height and width of its images, in pixels.
        name: What the network is called.

    Raises:
        ModelError: torch.fx cannot trace it, or it has no map with more than one place.
    """
    graph_module, names = _traced(module, image_size, name)
    found = _last_map(graph_module, head)
    if found is None:
        raise ModelError(
            "a network must have a map of features to be explained",
            but=f"at {image_size} pixels, none of {name}'s has more than one place before its last layer",
            do="Choose a network with convolutions, or larger images.",
        )
    node, places, grid = found
    _insert(graph_module, node, places)
    inner = places.map if isinstance(places, _TokenPlaces) else places
    return ExplainedNetwork(graph_module, inner, names.get(node) or node.name, grid)


def _traced(module: nn.Module, image_size: int, name: str) -> tuple[fx.GraphModule, dict[fx.Node, str]]:
    tracer = NodePathTracer(leaf_modules=list(LEAVES))
    try:
        graph = tracer.trace(module)
    except (fx.proxy.TraceError, TypeError, RuntimeError) as error:
        raise ModelError(
            "a network must be traced to be explained",
            but=f"torch.fx cannot trace {name} ({str(error).splitlines()[0]})",
            do="Choose another network.",
        ) from None
    graph_module = fx.GraphModule(module, graph)
    device = next(module.parameters()).device
    with torch.no_grad():
        ShapeProp(graph_module).propagate(torch.zeros(1, 3, image_size, image_size, device=device))
    return graph_module, dict(tracer.node_to_qualname)


def _last_map(traced: fx.GraphModule, head: str) -> tuple[fx.Node, nn.Module, tuple[int, int]] | None:
    """Return the node of the last map, the layer to put behind it, and the map's height and width."""
    before = _before_head(traced.graph, head)
    maps = [node for node in before if _grid(node) is not None and not _repeats_one_place(node)]
    if not maps:
        return None
    last = maps[-1]
    if tokens := _last_attended(traced, before[before.index(last) :]):
        grid = _grid(last)
        assert grid is not None
        return tokens, _TokenPlaces(grid), grid
    while _only_pools(traced, last):
        last = last.all_input_nodes[0]
    grid = _grid(last)
    assert grid is not None
    return last, _Places(), grid


def _before_head(graph: fx.Graph, head: str) -> list[fx.Node]:
    """Return the nodes that the last layer's input is computed from, in their order, the input left out."""
    last = next(node for node in graph.nodes if node.target == head)
    found, waiting = set(last.all_input_nodes), list(last.all_input_nodes)
    while waiting:
        new = [node for node in waiting.pop().all_input_nodes if node not in found]
        found.update(new)
        waiting.extend(new)
    return [node for node in graph.nodes if node in found and node.op != "placeholder"]


def _shape(node: fx.Node) -> tuple[int, ...]:
    meta: Any = node.meta.get("tensor_meta")
    return tuple(meta.shape) if hasattr(meta, "shape") else ()


def _grid(node: fx.Node) -> tuple[int, int] | None:
    """Return height and width of a map of features; None of anything else, and of a single place.

    Images are square, and so are their maps: what is not has its channels at the end.
    """
    shape = _shape(node)
    return (shape[2], shape[3]) if len(shape) == 4 and shape[2] == shape[3] > 1 else None


def _repeats_one_place(node: fx.Node) -> bool:
    """Say whether a map is made of a single place: AlexNet's and VGG's are, of images that are too small."""
    shapes = [_shape(one) for one in node.all_input_nodes]
    return len(shapes) == 1 and len(shapes[0]) == 4 and shapes[0][2] * shapes[0][3] == 1


def _last_attended(traced: fx.GraphModule, nodes: Iterable[fx.Node]) -> fx.Node | None:
    """Return what the last attention over all tokens reads, where there is one."""
    attentions = [
        node
        for node in nodes
        if node.op == "call_module" and isinstance(_layer(traced, node), nn.MultiheadAttention)
    ]
    return attentions[-1].all_input_nodes[0] if attentions else None


def _layer(traced: fx.GraphModule, node: fx.Node) -> nn.Module:
    return traced.get_submodule(str(node.target))


def _only_pools(traced: fx.GraphModule, node: fx.Node) -> bool:
    """Say whether a node makes a map of another one by taking means, greatest values, or nothing away."""
    if len(node.all_input_nodes) != 1 or _grid(node.all_input_nodes[0]) is None:
        return False
    if node.op == "call_module":
        return isinstance(_layer(traced, node), _POOLS)
    name = getattr(node.target, "__name__", str(node.target))
    return node.target is not operator.getitem and any(word in name for word in _POOLING)


def _insert(traced: fx.GraphModule, node: fx.Node, places: nn.Module) -> None:
    """Put a layer between a node and everything that reads it."""
    traced.add_submodule(_PLACES, places)
    with traced.graph.inserting_after(node):
        new = traced.graph.call_module(_PLACES, (node,))
    node.replace_all_uses_with(new, delete_user_cb=lambda user: user is not new)
    traced.recompile()
