"""The arms of a plan: every network in every mode, tried on networks without values before any run begins."""

from __future__ import annotations

from tracker.config.modes import HEAD, INPUT, every_depth, find_mode
from tracker.config.options import RunOptions
from tracker.errors import ModelError
from tracker.models.blocks import block_ends
from tracker.models.cut import cut_network
from tracker.models.networks import Network, blueprint, check_image_size
from tracker.records import Arm
from tracker.training.heads import linear_head

_STANDARD_SIZE = 224


def find_arms(options: RunOptions, *, classes: int) -> list[Arm]:
    """Return every model in every mode, a model's modes together; `freeze:all` as all that it stands for.

    Every cut and the image size are tried on a network without values, which costs nothing. Otherwise a
    typing error would end a study at its last arm.

    Args:
        options: What the user asked for; the names of the models are known to be right.
        classes: How many classes there are.

    Raises:
        UsageError: A network cannot take images of that size.
        ModelError: A network cannot be cut where it is to be.
    """
    modes = {model: _modes_of(model, options, classes=classes) for model in options.model}
    return [Arm(model, mode) for model in options.model for mode in modes[model]]


def _modes_of(model: str, options: RunOptions, *, classes: int) -> list[str]:
    modes = {name: find_mode(name) for name in options.mode}
    # Every network of torchvision takes 224 pixels and can be cut before its last layer: no second is spent.
    tried = [name for name, mode in modes.items() if mode.convex or mode.cut not in (INPUT, HEAD)]
    if options.image_size == _STANDARD_SIZE and not tried:
        return list(modes)
    network = blueprint(model, classes=classes)
    check_image_size(network, options.image_size)
    named = [name for name in tried if not modes[name].several]
    for name in named:
        _check_cut(network, name)
    ends = []
    if len(named) < len(tried):
        ends = block_ends(network, [modes[name].cut for name in named if modes[name].cut != HEAD])
    several = [every_depth(ends) if mode.several else [name] for name, mode in modes.items()]
    return list(dict.fromkeys(name for names in several for name in names))


def _check_cut(network: Network, mode: str) -> None:
    cut = cut_network(network, mode)
    if find_mode(mode).convex and linear_head(cut.tail) is None:
        raise ModelError(
            f"mode {mode} needs a network that ends in one linear layer over its features",
            but=f"{network.name} computes more after them",
            do="Use --mode feature-extractor for it, or another network.",
        )
