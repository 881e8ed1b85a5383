"""One run: the network that a recipe makes of its images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from tracker.config.recipe import Recipe
from tracker.data.pixels import Pixels
from tracker.data.positive_class import positive_index
from tracker.errors import TrainingError
from tracker.interruption import Interruption
from tracker.io.progress import Progress, silent
from tracker.models.cut import Cut, cut_network, state_hash
from tracker.models.networks import Network, build_network
from tracker.records import EpochKind
from tracker.runs.images import Images
from tracker.training.examples import Examples
from tracker.training.features import stored_features
from tracker.training.loop import Measured, Recorder, Training
from tracker.training.store import Store, pixel_store


@dataclass(frozen=True)
class Trained:
    """A network that a recipe made, and what it achieved."""

    network: Network
    measured: Mapping[EpochKind, Measured]
    trunk_unchanged: bool | None


@dataclass(frozen=True)
class PreparedNetwork:
    """A network that is cut, ready for its tail to be trained.

    Attributes:
        recipe: What it was made from.
        network: The whole network.
        cut: Its trunk and tail.
        store: What the tail reads, one row an image: pixels if nothing is frozen, features otherwise.
        frozen_as: The trunk's `state_hash` before training; None where nothing is frozen.
    """

    recipe: Recipe
    network: Network
    cut: Cut
    store: Store
    frozen_as: str | None

    def check_frozen(self) -> bool | None:
        """Return that no frozen layer changed; None where nothing is frozen.

        Raises:
            TrainingError: If one did.
        """
        if self.cut.trunk is None:
            return None
        if state_hash(self.cut.trunk) != self.frozen_as:
            raise TrainingError(
                "a frozen trunk must not change",
                but=f"the parameters or buffers before {self.cut.node} of {self.recipe.model} did",
                do="Please report this: its results are not those of a frozen network.",
            )
        return True


def prepare_network(
    recipe: Recipe,
    classes: int,
    pixels: Pixels,
    *,
    device: torch.device,
    progress: Progress = silent,
    known: Mapping[str, Store] | None = None,
) -> PreparedNetwork:
    """Build and cut the network of a recipe, and have what its tail reads at hand.

    Args:
        recipe: Whose network.
        classes: How many classes it tells apart.
        pixels: What the images decode to.
        device: Where a frozen trunk computes.
        progress: Told how many images went through a frozen trunk.
        known: Features that are at hand, by the trunk's `state_hash`.

    Raises:
        TrackerError: If the weights or the cut are not as they must be.
    """
    network = build_network(recipe.model, weights=recipe.weights, classes=classes, seed=recipe.seed)
    cut = cut_network(network, recipe.mode)
    if cut.trunk is None:
        return PreparedNetwork(recipe, network, cut, pixel_store(pixels), None)
    frozen_as = state_hash(cut.trunk)
    if known is not None and frozen_as in known:
        return PreparedNetwork(recipe, network, cut, known[frozen_as], frozen_as)
    store = stored_features(
        cut.trunk,
        pixels,
        trunk_hash=frozen_as,
        precision=recipe.precision,
        device=device,
        progress=progress,
    )
    return PreparedNetwork(recipe, network, cut, store, frozen_as)


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
    with memory_errors_told(recipe):
        prepared = prepare_network(
            recipe, len(images.manifest.classes), pixels, device=device, progress=progress
        )
        examples = Examples.of(
            prepared.store,
            images.manifest.labels,
            images.split.indexes(images.manifest),
            positive=positive_index(images.manifest.classes, recipe.positive),
        )
        training = Training(prepared.cut.tail, examples, recipe, device=device)
        if state is not None:
            training.restore(state)
        interruption = interruption or Interruption()
        with interruption.stopping_gently():
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
        if not _is_out_of_memory(error):
            raise
        raise _out_of_memory(recipe, error) from None


def _is_out_of_memory(error: RuntimeError) -> bool:
    """Recognize a GPU's error by its class; the processor's and Apple's have none, but words."""
    words = ("can't allocate memory", "not enough memory", "out of memory")
    return isinstance(error, torch.OutOfMemoryError) or any(word in str(error) for word in words)


def _out_of_memory(recipe: Recipe, error: RuntimeError) -> TrainingError:
    return TrainingError(
        "a batch must fit into memory",
        but=f"{recipe.batch_size} images of {recipe.image_size} pixels do not ({str(error).split('.')[0]})",
        do="Try a smaller --batch-size or --image-size, or --precision bf16.",
    )
