"""Batches of one image, which a layer that norms over a batch cannot always be trained on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch

from tracker.config.modes import find_mode
from tracker.config.options import RunOptions
from tracker.config.recipe import Recipe
from tracker.config.search_space import Choices
from tracker.errors import UsageError
from tracker.models.cut import cut_network
from tracker.models.networks import Network, blueprint
from tracker.records import Arm


def check_single_images(options: RunOptions, recipes: Sequence[Recipe], *, classes: int) -> None:
    """Accept a batch size of one where every tail can be trained on one image.

    It is tried on networks without values, which costs nothing. A last batch of one image needs no look:
    it joins the batch before it.

    Args:
        options: What the user asked for, and what is searched.
        recipes: The runs.
        classes: How many classes there are.

    Raises:
        UsageError: A network cannot be trained so in one of its modes.
    """
    alone = dict.fromkeys(recipe.arm for recipe in recipes if 1 in _batch_sizes(options, recipe))
    for arm in alone:
        network = blueprint(arm.model, classes=classes)
        problem = _problem(network, arm, options.image_size)
        if problem:
            raise UsageError(
                "batches must hold 2 images or more where a batch norm sees one value a channel",
                but=f"--batch-size 1 leaves {arm.model} in mode {arm.mode} with that at {options.image_size}x"
                f"{options.image_size} pixels ({problem})",
                do="Give --batch-size 2 or more, or larger images.",
            )


def _batch_sizes(options: RunOptions, recipe: Recipe) -> Iterable[object]:
    mode = find_mode(recipe.mode)
    if mode.convex:
        return ()
    searched = options.space(recipe.mode).get("batch_size") if options.tune is not None else None
    return searched.values if isinstance(searched, Choices) else (recipe.batch_size,)


def _problem(network: Network, arm: Arm, size: int) -> str:
    """Return why one image is too few; empty where it is not."""
    device = next(network.module.parameters()).device
    cut = cut_network(network, arm.mode)
    image = torch.zeros(1, size, size, 3, dtype=torch.uint8, device=device)
    read = cut.trunk.to(device).eval()(image) if cut.trunk is not None else image
    try:
        cut.tail.to(device).train()(read)
    except (RuntimeError, ValueError) as error:
        return (str(error) or type(error).__name__).splitlines()[0]
    return ""
