"""One run: the network that a recipe makes of its images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from tracker.data.pixels import Pixels
from tracker.data.progress import Progress, silent
from tracker.errors import TrainingError
from tracker.images import Images
from tracker.interruption import Interruption
from tracker.models.cut import Cut, cut_network
from tracker.models.frozen import state_hash
from tracker.models.networks import Network, build_network
from tracker.recipe import Recipe
from tracker.records import EpochKind
from tracker.training.features import stored_features
from tracker.training.loop import Examples, Measured, Recorder, Training
from tracker.training.store import Store, pixel_store


@dataclass(frozen=True)
class Trained:
    """A network that a recipe made, and what it achieved."""

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
    keep: Callable[[Training], None] | None = None,
    interruption: Interruption | None = None,
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

    Raises:
        Interrupted: If the interruption says so.
        TrackerError: If the weights, the cut or the loss are not as they must be, if the memory is too
            small, or if a frozen layer changed.
    """
    classes = images.manifest.classes
    network = build_network(recipe.model, weights=recipe.weights, classes=len(classes), seed=recipe.seed)
    cut = cut_network(network, recipe.mode)
    frozen_as = state_hash(cut.trunk) if cut.trunk else None
    try:
        store = _store(cut, frozen_as, pixels, recipe, device=device, progress=progress)
        examples = Examples.of(store, images.manifest.labels, images.split.indexes(images.manifest))
        training = Training(cut.tail, examples, recipe, device=device)
        if state is not None:
            training.restore(state)
        interruption = interruption or Interruption()
        with interruption.stopping_gently():
            measured = training.run(recorder, keep=keep, stop_point=interruption.stop_point)
    except RuntimeError as error:
        if not _is_out_of_memory(error):
            raise
        raise _out_of_memory(recipe, error) from None
    if cut.trunk and state_hash(cut.trunk) != frozen_as:
        raise TrainingError(
            "a frozen trunk must not change",
            but=f"the parameters or buffers before {cut.node} of {recipe.model} did",
            do="Please report this: its results are not those of a frozen network.",
        )
    return Trained(network, measured, True if cut.trunk else None)


def _store(
    cut: Cut,
    frozen_as: str | None,
    pixels: Pixels,
    recipe: Recipe,
    *,
    device: torch.device,
    progress: Progress,
) -> Store:
    """Return what the tail reads: pixels if nothing is frozen, features otherwise."""
    if cut.trunk is None or frozen_as is None:
        return pixel_store(pixels)
    return stored_features(
        cut.trunk,
        pixels,
        trunk_hash=frozen_as,
        precision=recipe.precision,
        device=device,
        progress=progress,
    )


def _is_out_of_memory(error: RuntimeError) -> bool:
    """Recognise a GPU's error by its class; the processor's and Apple's have none, but words."""
    words = ("can't allocate memory", "not enough memory", "out of memory")
    return isinstance(error, torch.OutOfMemoryError) or any(word in str(error) for word in words)


def _out_of_memory(recipe: Recipe, error: RuntimeError) -> TrainingError:
    return TrainingError(
        "a batch must fit into memory",
        but=f"{recipe.batch_size} images of {recipe.image_size} pixels do not ({str(error).split('.')[0]})",
        do="Try a smaller --batch-size or --image-size, or --precision bf16.",
    )
