"""The network of a recipe, cut, with what its tail reads at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tracker.config.recipe import Recipe
from tracker.data.pixels import Pixels
from tracker.errors import TrainingError
from tracker.io.progress import Progress, silent
from tracker.models.adapting import statistics_of
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
        store: What the tail reads, one row an image: pixels if there is no trunk, features otherwise.
        frozen_as: The trunk's `state_hash` before training; None where there is no trunk.
        adapted_from: What frozen layers whose batch norms adapt were before training; None elsewhere.
    """

    recipe: Recipe
    network: Network
    cut: Cut
    store: Store
    frozen_as: str | None
    adapted_from: AdaptedFrom | None = None

    def check_frozen(self) -> bool | None:
        """Return whether frozen layers are what they were; None where nothing is frozen.

        Nothing of them may have changed but the running statistics of batch norms that adapt: it is false
        where these have.

        Raises:
            TrainingError: If anything else changed.
        """
        if self.cut.adapting is not None and self.adapted_from is not None:
            now = AdaptedFrom.of(self.cut.adapting)
            still = now.others == self.adapted_from.others
            self._require(still, "something beside its batch norms' statistics")
            return now.has_statistics_of(self.adapted_from)
        if self.cut.trunk is None:
            return None
        self._require(state_hash(self.cut.trunk) == self.frozen_as, "the parameters or buffers")
        return True

    def _require(self, unchanged: bool, what: str) -> None:
        if not unchanged:
            raise TrainingError(
                "a frozen trunk must not change",
                but=f"{what} up to {self.cut.node} of {self.recipe.model} did",
                do="Please report this: its results are not those of a frozen network.",
            )

    def tags(self) -> dict[str, str]:
        """Return how much of the network is frozen, as its run says it."""
        return {FROZEN_SHARE: f"{self.cut.frozen_share:.6g}", FROZEN_DEPTH: f"{self.cut.depth:.6g}"}


@dataclass(frozen=True, eq=False)
class AdaptedFrom:
    """What frozen layers whose batch norms adapt are at one moment.

    Attributes:
        others: The `state_hash` of all but the running statistics: what must stand still.
        statistics: A copy of the running statistics, by name.
    """

    others: str
    statistics: Mapping[str, Tensor]

    @classmethod
    def of(cls, layers: nn.Module) -> AdaptedFrom:
        """Look at frozen layers."""
        statistics = statistics_of(layers)
        copies = {name: tensor.detach().cpu().clone() for name, tensor in statistics.items()}
        return cls(state_hash(layers, without=statistics), copies)

    def has_statistics_of(self, other: AdaptedFrom) -> bool:
        """Return whether the running statistics are the same at another moment."""
        return all(torch.equal(one, other.statistics[name]) for name, one in self.statistics.items())


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
    if cut.adapting is not None:
        return PreparedNetwork(recipe, network, cut, pixel_store(pixels), None, AdaptedFrom.of(cut.adapting))
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
