"""One run: the network that a recipe makes of its images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from tracker.config.recipe import Recipe
from tracker.data.pixels import Pixels
from tracker.data.positive_class import positive_index
from tracker.data.splits.groups import group_numbers
from tracker.errors import TrainingError
from tracker.interruption import Interruption
from tracker.io.progress import Progress, silent
from tracker.models.networks import Network
from tracker.records import EpochKind
from tracker.runs.first_head import first_head
from tracker.runs.images import Images
from tracker.runs.prepared_network import prepare_network
from tracker.runs.tails import Tell, begin_tail, tell_nobody
from tracker.training.determinism import determinism
from tracker.training.examples import Examples
from tracker.training.loop import Keep, Measured, Note, Recorder, keep_quiet
from tracker.training.memory import is_out_of_memory


@dataclass(frozen=True)
class Trained:
    """A network that a recipe made, and what it achieved.

    Attributes:
        network: The network.
        measured: What it achieved at the last epoch, and at the one with the lowest validation loss.
        trunk_unchanged: Whether frozen layers are what they were; false where batch norms adapted, and
            nothing else of them changed; None where nothing is frozen.
    """

    network: Network
    measured: Mapping[EpochKind, Measured]
    trunk_unchanged: bool | None


def train(
    recipe: Recipe,
    images: Images,
    pixels: Pixels,
    recorder: Recorder,
    *,
    device: torch.device,
    progress: Progress = silent,
    state: Mapping[str, Any] | None = None,
    keep: Keep | None = None,
    interruption: Interruption | None = None,
    tell: Tell = tell_nobody,
    note: Note = keep_quiet,
) -> Trained:
    """Train the network of a recipe.

    Args:
        recipe: What to train.
        images: On what.
        pixels: What the images decode to.
        recorder: Told what each epoch measured.
        device: Where to compute.
        progress: Told how many images went through a frozen trunk.
        state: Where an earlier training of the same recipe was when it ended; None: begin.
        keep: Called whenever training could go on from its state.
        interruption: Asked before each batch whether to stop there.
        tell: Told, as tags, what is known before the first epoch.
        note: Told, in words, where a GPU cannot be used as it should be.

    Raises:
        Interrupted: If the interruption says so.
        TrackerError: If the weights, the cut or the loss are not as they must be, if the memory is too
            small, or if a frozen layer changed.
    """
    with memory_errors_told(recipe), determinism(recipe.deterministic, note):
        prepared = prepare_network(
            recipe, len(images.manifest.classes), pixels, device=device, progress=progress
        )
        examples = Examples.of(
            prepared.store,
            images.manifest.labels,
            images.split.indexes(images.manifest),
            positive=positive_index(images.manifest.classes, recipe.positive),
            groups=group_numbers(images.manifest),
        )
        tell(prepared.tags())
        interruption = interruption or Interruption()
        begin = partial(begin_tail, prepared, examples, device=device, tell=tell, note=note)
        training = begin() if state is not None else None
        with interruption.stopping_gently():
            if training is None or state is None or not training.restore(state):
                # Its memory is free before another one takes some.
                training = None
                rows, stop_point = images.split.indexes(images.manifest)["train"], interruption.stop_point
                head = first_head(
                    recipe,
                    images,
                    pixels,
                    rows,
                    device=device,
                    progress=progress,
                    stop_point=stop_point,
                    note=note,
                )
                if head is not None:
                    tell(head.tags)
                    head.put_into(prepared.network)
                # Whatever was drawn in the meantime: this training draws as if it were alone.
                training = begin()
            measured = training.run(recorder, keep=keep, stop_point=interruption.stop_point)
    return Trained(prepared.network, measured, prepared.check_frozen())


@contextmanager
def memory_errors_told(recipe: Recipe) -> Iterator[None]:
    """Say of a memory that is too small what a user can do about it.

    Args:
        recipe: What is being trained.

    Raises:
        TrainingError: If the memory is too small.
    """
    try:
        yield
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise _out_of_memory(recipe, error) from None


def _out_of_memory(recipe: Recipe, error: RuntimeError) -> TrainingError:
    return TrainingError(
        "a batch must fit into memory",
        but=f"{recipe.batch_size} images of {recipe.image_size} pixels do not ({str(error).split('.')[0]})",
        do="Try a smaller --batch-size or --image-size, or --precision bf16.",
    )
