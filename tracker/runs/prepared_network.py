"""The network of a recipe, cut, with what its tail reads at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from tracker.config.recipe import Recipe
from tracker.data.pixels import Pixels
from tracker.errors import TrainingError
from tracker.io.progress import Progress, silent
from tracker.models.cut import Cut, cut_network, state_hash
from tracker.models.networks import Network, build_network
from tracker.records import FROZEN_DEPTH, FROZEN_SHARE
from tracker.training.features import stored_features
from tracker.training.store import Store, pixel_store


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
                but=f"the parameters or buffers up to {self.cut.node} of {self.recipe.model} did",
                do="Please report this: its results are not those of a frozen network.",
            )
        return True

    def tags(self) -> dict[str, str]:
        """Return how much of the network is frozen, as its run says it."""
        return {FROZEN_SHARE: f"{self.cut.frozen_share:.6g}", FROZEN_DEPTH: f"{self.cut.depth:.6g}"}


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
