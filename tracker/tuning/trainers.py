"""Training of trials: a study's recipes, tried on training and validation images alone.

Each trial is trained on every repetition, and is as good as the mean over them. Where one linear layer is
trained, all trials of a batch are trained at once; otherwise one after another.

Letters of shapes: H heads, one a trial.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn

from tracker.config.recipe import Recipe
from tracker.data.pixels import Pixels
from tracker.data.positive_class import positive_index
from tracker.data.splits.folds import Rows
from tracker.interruption import Interruption
from tracker.io.progress import Progress, silent
from tracker.runs.first_head import FirstHead, first_head, head_recipe
from tracker.runs.images import Images
from tracker.runs.prepared_network import PreparedNetwork, prepare_network
from tracker.training.examples import Examples
from tracker.training.heads import Heads, linear_head
from tracker.training.loop import Note, StopPoint, Training, go_on, keep_quiet
from tracker.training.randomness import random_states, restore_random_states
from tracker.training.store import Store
from tracker.tuning.repetitions import Repetition

_HEADS_AT_ONCE = 10
_NO_LABEL = -1

Epoch = Sequence[Mapping[str, float]]
"""What an epoch measured: metrics by name, of each trial of a batch."""


class TrialTrainer(Protocol):
    """Whoever trains trials of one arm."""

    together: int
    """How many are trained at once."""

    def epochs(self, recipes: Sequence[Recipe]) -> Iterator[Epoch]:
        """Train a batch of trials, and yield what each epoch measured.

        Raises:
            NonFiniteLoss: If a loss is infinite or not a number, and there is one trial.
        """


def trial_trainer(
    base: Recipe,
    repetitions: Sequence[Repetition],
    images: Images,
    pixels: Pixels,
    *,
    device: torch.device,
    interruption: Interruption,
    progress: Progress = silent,
    note: Note = keep_quiet,
) -> TrialTrainer:
    """Return what trains the trials of an arm; the features that they read are computed now.

    Args:
        base: The arm's recipe; trials differ from it in what is searched.
        repetitions: What each trial is trained on.
        images: All images.
        pixels: What they decode to.
        device: Where to compute.
        interruption: Asked before each batch of images whether to stop there.
        progress: Told how many images went through a frozen trunk.
        note: Told, in words, where a GPU cannot be used as it should be.
    """
    maker = _ExamplesMaker(base, images, pixels, device, progress, note)
    first = maker.network(repetitions[0].seed)
    if first.frozen_as is not None and first.store.rows.ndim == 2 and linear_head(first.cut.tail) is not None:
        return HeadTrials(maker, repetitions)
    return TailTrials(maker, repetitions, interruption)


@dataclass(frozen=True)
class _ExamplesMaker:
    """Makes the networks of an arm, and the examples that they train on."""

    base: Recipe
    images: Images
    pixels: Pixels
    device: torch.device
    progress: Progress
    note: Note
    _features: dict[str, Store] = field(default_factory=dict)
    _heads: dict[tuple[str, tuple[int, ...]], FirstHead | None] = field(default_factory=dict)

    def network(self, seed: int) -> PreparedNetwork:
        """Return a new network; features are looked for once, however many threads compute later."""
        network = prepare_network(
            self.base.model_copy(update={"seed": seed}),
            len(self.images.manifest.classes),
            self.pixels,
            device=self.device,
            progress=self.progress,
            known=self._features,
        )
        if network.frozen_as is not None:
            self._features[network.frozen_as] = network.store
        return network

    def put_first_head(
        self, network: PreparedNetwork, recipe: Recipe, rows: Rows, stop_point: StopPoint = go_on
    ) -> None:
        """Have a network begin with a trained last layer, if its mode says so.

        One is trained for all trials whose recipes differ in nothing that matters to it.
        """
        alone = head_recipe(recipe)
        if alone is None:
            return
        key = alone.fingerprint(manifest_digest=""), tuple(rows["train"])
        if key not in self._heads:
            self._heads[key] = first_head(
                recipe,
                self.images,
                self.pixels,
                rows["train"],
                device=self.device,
                progress=self.progress,
                known=self._features,
                stop_point=stop_point,
                note=self.note,
            )
        if (head := self._heads[key]) is not None:
            head.put_into(network.network)

    def examples(self, network: PreparedNetwork, rows: Rows) -> Examples:
        """Return examples without the test part: its images have no rows here, and its labels no value."""
        used = {row for part in rows.values() for row in part}
        labels = [
            label if row in used else _NO_LABEL for row, label in enumerate(self.images.manifest.labels)
        ]
        positive = positive_index(self.images.manifest.classes, self.base.positive)
        return Examples.of(network.store, labels, rows, positive=positive)


class HeadTrials:
    """Trains the heads of all trials of a batch at once."""

    together = _HEADS_AT_ONCE

    def __init__(self, maker: _ExamplesMaker, repetitions: Sequence[Repetition]) -> None:
        self._device = maker.device
        networks = {repetition.seed: maker.network(repetition.seed) for repetition in repetitions}
        self._starts = [
            (
                repetition.seed,
                _head_of(networks[repetition.seed]),
                maker.examples(networks[repetition.seed], repetition.rows),
            )
            for repetition in repetitions
        ]

    def epochs(self, recipes: Sequence[Recipe]) -> Iterator[Epoch]:
        """Train a batch of trials; of one whose loss is not finite, all metrics are nan from then on."""
        groups: dict[tuple[str, int], list[int]] = defaultdict(list)
        for index, recipe in enumerate(recipes):
            groups[recipe.optimizer, recipe.batch_size].append(index)
        heads = [(indexes, self._heads([recipes[index] for index in indexes])) for indexes in groups.values()]
        for _ in range(recipes[0].epochs):
            measured: list[Mapping[str, float]] = [{} for _ in recipes]
            for indexes, repeated in heads:
                means = _means([one.run_epoch() for one in repeated])
                for place, index in enumerate(indexes):
                    measured[index] = {name: values[place].item() for name, values in means.items()}
            yield measured

    def _heads(self, recipes: Sequence[Recipe]) -> list[Heads]:
        return [
            Heads(
                head,
                examples,
                [recipe.model_copy(update={"seed": seed}) for recipe in recipes],
                device=self._device,
            )
            for seed, head, examples in self._starts
        ]


class TailTrials:
    """Trains trials one after another, the repetitions of a trial side by side, an epoch of each in turn."""

    together = 1

    def __init__(
        self, maker: _ExamplesMaker, repetitions: Sequence[Repetition], interruption: Interruption
    ) -> None:
        self._maker = maker
        self._repetitions = repetitions
        self._interruption = interruption
        for repetition in repetitions:
            # Random frozen layers are others with every seed.
            network = maker.network(repetition.seed)
            recipe = maker.base.model_copy(update={"seed": repetition.seed})
            with interruption.stopping_gently():
                maker.put_first_head(network, recipe, repetition.rows, interruption.stop_point)

    def epochs(self, recipes: Sequence[Recipe]) -> Iterator[Epoch]:
        """Train one trial.

        Raises:
            NonFiniteLoss: If a loss is infinite or not a number.
            Interrupted: If the interruption says so.
        """
        (recipe,) = recipes
        device = self._maker.device
        begun = [self._begin(recipe, repetition) for repetition in self._repetitions]
        for _ in range(recipe.epochs):
            measured = []
            for one in begun:
                # Dropout draws from one generator, which each training goes on with where it left it.
                restore_random_states(one.random, device)
                with self._interruption.stopping_gently():
                    epoch = one.training.run_epoch(self._interruption.stop_point)
                one.random = random_states(device)
                measured.append({name: torch.tensor([value]) for name, value in epoch.metrics.items()})
            yield [{name: values[0].item() for name, values in _means(measured).items()}]
        for one in begun:
            one.network.check_frozen()

    def _begin(self, recipe: Recipe, repetition: Repetition) -> _Begun:
        network = self._maker.network(repetition.seed)
        examples = self._maker.examples(network, repetition.rows)
        recipe = recipe.model_copy(update={"seed": repetition.seed})
        with self._interruption.stopping_gently():
            self._maker.put_first_head(network, recipe, repetition.rows, self._interruption.stop_point)
        training = Training(
            network.cut.tail, examples, recipe, device=self._maker.device, note=self._maker.note
        )
        return _Begun(network, training, random_states(self._maker.device))


@dataclass
class _Begun:
    """One repetition of a trial at work, and the random states that it goes on with."""

    network: PreparedNetwork
    training: Training
    random: Mapping[str, Tensor]


def _head_of(network: PreparedNetwork) -> nn.Linear:
    head = linear_head(network.cut.tail)
    assert head is not None
    return head


def _means(repeated: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Return the mean of each metric [H] over repetitions."""
    return {
        name: torch.stack([measured[name].double() for measured in repeated]).mean(0) for name in repeated[0]
    }
