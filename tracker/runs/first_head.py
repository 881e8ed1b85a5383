"""The last layer of a network, trained before the rest: the first of two phases.

It sees no image but those that train, so that validation decides nothing about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracker.config.modes import find_mode
from tracker.config.recipe import Recipe, default_lr
from tracker.data.pixels import Pixels
from tracker.data.splits.groups import group_numbers
from tracker.io.progress import Progress, silent
from tracker.models.networks import Network
from tracker.runs.images import Images
from tracker.runs.prepared_network import prepare_network
from tracker.runs.tails import begin_tail
from tracker.training.examples import Examples
from tracker.training.loop import Note, StopPoint, go_on, keep_quiet
from tracker.training.store import Store

_UNUSED = -1


@dataclass(frozen=True)
class FirstHead:
    """A trained last layer.

    Attributes:
        state: Its parameters, by name.
        tags: How it was trained and what it reached, as a run says it.
    """

    state: Mapping[str, Tensor]
    tags: Mapping[str, str]

    def put_into(self, network: Network) -> None:
        """Have a network begin with it.

        Args:
            network: Of the same model and classes.
        """
        network.module.get_submodule(network.head).load_state_dict(self.state)


def head_recipe(recipe: Recipe) -> Recipe | None:
    """Return the recipe that a last layer is trained by first; None where it is drawn at random.

    All is as in the recipe itself, but for the learning rate: it is the default of the mode that trains a
    last layer alone.

    Args:
        recipe: What the whole network is trained by.
    """
    mode = find_mode(recipe.mode).head_from
    if not mode:
        return None
    return recipe.model_copy(update={"mode": mode, "lr": default_lr(mode, recipe.optimizer)})


def first_head(
    recipe: Recipe,
    images: Images,
    pixels: Pixels,
    rows: Sequence[int],
    *,
    device: torch.device,
    progress: Progress = silent,
    known: Mapping[str, Store] | None = None,
    stop_point: StopPoint = go_on,
    note: Note = keep_quiet,
) -> FirstHead | None:
    """Train the last layer of a recipe's network on stored features; None where the mode has no such phase.

    The same recipe and images give the same layer, so a run that was interrupted before its first checkpoint
    trains it again.

    Args:
        recipe: What the whole network is trained by afterwards.
        images: All images.
        pixels: What they decode to.
        rows: The images that train.
        device: Where to compute.
        progress: Told how many images went through the frozen trunk.
        known: Features that are at hand, by the trunk's `state_hash`.
        stop_point: Called before each batch.
        note: Told, in words, where a GPU cannot be used as it should be.

    Raises:
        Interrupted: If a stop point says so.
        TrackerError: If the cut or the loss are not as they must be, or if a frozen layer changed.
    """
    alone = head_recipe(recipe)
    if alone is None:
        return None
    prepared = prepare_network(
        alone, len(images.manifest.classes), pixels, device=device, progress=progress, known=known
    )
    used = set(rows)
    labels = [label if row in used else _UNUSED for row, label in enumerate(images.manifest.labels)]
    examples = Examples.of(prepared.store, labels, {"train": rows}, groups=group_numbers(images.manifest))
    last = _Last()
    begin_tail(prepared, examples, device=device, note=note).run(last, stop_point=stop_point)
    prepared.check_frozen()
    head = prepared.network.module.get_submodule(prepared.network.head)
    state = {name: tensor.detach().cpu().clone() for name, tensor in head.state_dict().items()}
    return FirstHead(state, _tags(alone, last.values))


class _Last:
    """Keeps what the last epoch measured."""

    def __init__(self) -> None:
        self.values: Mapping[str, float] = {}

    def metrics(self, values: Mapping[str, float], *, step: int) -> None:
        self.values = values


def _tags(recipe: Recipe, reached: Mapping[str, float]) -> dict[str, str]:
    return {
        "tracker.head_mode": recipe.mode,
        "tracker.head_lr": f"{recipe.lr:g}",
        "tracker.head_epochs": str(recipe.epochs),
        "tracker.head_train_loss": f"{reached['train/loss']:.6g}",
        "tracker.head_train_accuracy": f"{reached['train/accuracy']:.6g}",
    }
