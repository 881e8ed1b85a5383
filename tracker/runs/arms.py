"""The arms of a plan: every network in every mode, tried on networks without values before any run begins."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tracker.config.modes import HEAD, INPUT, Mode, every_depth, find_mode, with_norms
from tracker.config.options import RunOptions
from tracker.errors import ModelError
from tracker.models.adapting import has_norms
from tracker.models.blocks import block_ends
from tracker.models.cut import cut_network
from tracker.models.networks import Network, blueprint, check_image_size
from tracker.records import Arm
from tracker.training.heads import linear_head

_STANDARD_SIZE = 224


def find_arms(options: RunOptions, *, classes: int) -> list[Arm]:
    """Return every model in every mode, a model's modes together; `freeze:all` as all that it stands for.

    Every cut and the image size are tried on a network without values, which costs nothing. Otherwise a
    typing error would end a study at its last arm. Where norms are to adapt and none is frozen, the mode
    itself stands for its variant, which would be the same.

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
    modes = {name: find_mode(name) for name in options.modes}
    # Every network of torchvision takes 224 pixels and can be cut before its last layer: no second is spent.
    tried = [
        name
        for name, mode in modes.items()
        if mode.convex or mode.norms_adapt or mode.cut not in (INPUT, HEAD)
    ]
    if options.image_size == _STANDARD_SIZE and not tried:
        return list(modes)
    network = blueprint(model, classes=classes)
    check_image_size(network, options.image_size)
    for name in tried:
        if not (modes[name].several or modes[name].norms_adapt):
            _check_cut(network, name)
    several = [
        _every_depth(network, mode, list(modes.values())) if mode.several else [name]
        for name, mode in modes.items()
    ]
    return list(dict.fromkeys(_as_it_is(network, name) for names in several for name in names))


def _every_depth(network: Network, mode: Mode, beside: Sequence[Mode]) -> list[str]:
    """Return what a mode stands for, without the depths that are asked for beside it."""
    alike = [one for one in beside if one.norms_adapt == mode.norms_adapt and not one.several]
    ends = block_ends(network, [one.cut for one in alike if one.cut not in (INPUT, HEAD)])
    return with_norms(every_depth(ends), frozen=not mode.norms_adapt, adapt=mode.norms_adapt)


def _as_it_is(network: Network, name: str) -> str:
    """Return the mode that stands for one whose norms adapt: itself, unless the network has none there."""
    mode = find_mode(name)
    if not mode.norms_adapt:
        return name
    trunk = cut_network(network, mode.base).trunk
    return name if trunk is not None and has_norms(trunk) else mode.base


def norms_note(options: RunOptions, arms: Collection[Arm]) -> str:
    """Say of which networks no norms adapt though they were to; empty where there is no such one.

    Args:
        options: What the user asked for.
        arms: What `find_arms` made of it.
    """
    asked = [mode for mode in options.modes if find_mode(mode).norms_adapt]
    adapting = {arm.model for arm in arms if find_mode(arm.mode).norms_adapt}
    without = [model for model in options.model if model not in adapting] if asked else []
    if not without:
        return ""
    return (
        f"{', '.join(without)}: no batch norms in frozen layers, so {', '.join(asked)} would be the same as "
        f"{', '.join(find_mode(mode).base for mode in asked)}, which is run"
    )


def _check_cut(network: Network, mode: str) -> None:
    cut = cut_network(network, mode)
    if find_mode(mode).convex and linear_head(cut.tail) is None:
        raise ModelError(
            f"mode {mode} needs a network that ends in one linear layer over its features",
            but=f"{network.name} computes more after them",
            do="Use --mode feature-extractor for it, or another network.",
        )
