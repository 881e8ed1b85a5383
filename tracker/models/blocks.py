"""The blocks of a network: the depths to which `freeze:all` freezes it.

They come from how torchvision nests its layers, the same way for every network. A block is a group of layers
that has a name, or a layer with a matrix of weights and what follows beside it: norm, activation, pooling.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import fx, nn

from tracker.models.cut import TracedNetwork
from tracker.models.networks import Network

_MOST, _FEWEST = 9, 4


def block_ends(network: Network, taken: Sequence[str] = ()) -> list[str]:
    """Return the blocks after which a network is frozen, from the input on: at most 9.

    Groups are opened, those with the most parameters first, until there are 4 places or more; of more than 9,
    every second or third is left out. No place is among them after which the last layer alone has weights:
    that is the feature extractor.

    Args:
        network: The network, with values or without.
        taken: Nodes or blocks that are frozen anyway: places at which these cut are not named again.

    Raises:
        ModelError: If the network cannot be cut, or has no such node or block.
    """
    traced = TracedNetwork(network)
    others = {traced.find(name) for name in taken}
    names = _opened(_children("", network.module), network)
    while len(ends := _ends(names, network, traced)) < _FEWEST:
        group = _largest_group(names, network)
        if group is None:
            break
        names = _opened(names, network, group)
    spread = _spread(sorted(ends, key=traced.depth))
    return [ends[node] for node in spread if node not in others]


def _children(path: str, module: nn.Module) -> list[str]:
    return [f"{path}.{name}".lstrip(".") for name, _ in module.named_children()]


def _opened(names: Sequence[str], network: Network, group: str = "") -> list[str]:
    """Return the names with the children of a group in its place, and of those that hold the last layer."""
    opened: list[str] = []
    for name in names:
        if name == group or network.head.startswith(f"{name}."):
            children = _children(name, network.module.get_submodule(name))
            opened += _opened(children, network)
        else:
            opened.append(name)
    return opened


def _largest_group(names: Sequence[str], network: Network) -> str | None:
    sizes = {
        name: sum(one.numel() for one in layer.parameters())
        for name, layer in ((name, network.module.get_submodule(name)) for name in names)
        if any(True for _ in layer.children())
    }
    return max(sizes, key=sizes.__getitem__, default=None)


def _ends(names: Sequence[str], network: Network, traced: TracedNetwork) -> dict[fx.Node, str]:
    """Return the blocks at whose end the network can be cut, by their last node."""
    found = {}
    for name in _blocks(names, network):
        node = traced.last_node(name)
        if node is not None and traced.is_block_end(node):
            found[node] = name
    return found


def _blocks(names: Sequence[str], network: Network) -> Iterator[str]:
    """Yield the name of the last layer, or of the group, that each block consists of."""
    before = names[: names.index(network.head)]
    last = ""
    for name in before:
        layer = network.module.get_submodule(name)
        if any(one.ndim > 1 for one in layer.parameters()):
            if last:
                yield last
            last = name
        elif _beside(name, last) and not isinstance(layer, nn.Dropout):
            last = name
    if last:
        yield last


def _beside(name: str, other: str) -> bool:
    return bool(other) and name.rpartition(".")[0] == other.rpartition(".")[0]


def _spread(places: Sequence[fx.Node]) -> list[fx.Node]:
    """Return at most 9 places, as evenly from the first to the last as whole numbers allow."""
    if len(places) <= _MOST:
        return list(places)
    return [places[round(number * (len(places) - 1) / (_MOST - 1))] for number in range(_MOST)]


def marked_cut_points(network: Network) -> list[tuple[str, str]]:
    """Return the nodes at which a network can be cut, from the input on, each with the block that ends there.

    Args:
        network: The network.
    """
    traced = TracedNetwork(network)
    blocks = {traced.label(traced.find(name)): name for name in block_ends(network)}
    return [(point, blocks.get(point, "")) for point in traced.valid_names()]
