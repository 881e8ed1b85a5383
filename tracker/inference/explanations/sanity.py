"""Whether maps depend on what a network has learned: its layers are replaced by random ones, from the top.

Cascading randomization (Adebayo et al., NeurIPS 2018, arXiv 1810.03292, section 3.1): a map that stays the
same whatever the weights are shows the image, and nothing of the network. How alike two maps are is
Spearman's rank correlation over their places. The paper's second measure, SSIM, compares windows of eleven
pixels, which maps of some 7 x 7 places do not have.

Letters of shapes: N images, H = W their size, h and w the map's height and width.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from torch import nn

from tracker.errors import counted
from tracker.inference.explanations.maps import Maps, says_no_place
from tracker.io.progress import Progress, silent

SAME = 0.5**0.5
"""Where maps count as the same: half of the variance of their ranks is there without the learned weights."""

MOST_IMAGES = 8
"""With how many images it is checked: their maps are made again for each step and draw."""

_DRAWS = 3
_MOST_STEPS = 7
_FEWEST_GROUPS = 5
_DEEPEST = 4

MapsOf = Callable[[nn.Module], Callable[[], Maps]]
"""Takes a network, and returns what makes the maps of the checked images, [N, h, w], whenever called."""


@dataclass(frozen=True)
class SanityStep:
    """How alike maps are to the network's own, where some of its layers are random.

    Attributes:
        layer: The lowest of these layers, or group of layers: all from there to the last are random.
        similarity: The mean of Spearman's correlation over images and draws without its sign, 0 to 1: a map
            that is turned around shows the same places.
    """

    layer: str
    similarity: float


@dataclass(frozen=True, eq=False)
class Sanity:
    """Whether maps depend on what the network has learned.

    Attributes:
        steps: From the last layer alone to all layers.
        own: [N, h, w] The network's own maps.
        replaced: [steps, N, h, w] Those of the first draw.
    """

    steps: Sequence[SanityStep]
    own: Maps
    replaced: NDArray[np.float32]

    @property
    def ignored(self) -> SanityStep | None:
        """The step with the most random layers at which maps are still the same; None: there is none."""
        return next((step for step in reversed(self.steps) if step.similarity >= SAME), None)

    @property
    def chance(self) -> float:
        """How alike two maps without anything in common are: the mean of the correlation's magnitude.

        Of n independent places, it is nearly normal with variance 1 / (n - 1).
        """
        places = self.own.shape[1] * self.own.shape[2]
        return min(1.0, math.sqrt(2 / (math.pi * (places - 1))))

    @property
    def sentence(self) -> str:
        """What follows from it, in a sentence."""
        images = counted(len(self.own), "image")
        if (step := self.ignored) is None:
            most = max(self.steps, key=lambda step: step.similarity)
            return (
                "maps depend on the network: with random layers their rank correlation is at most "
                f"{most.similarity:.2f} ({images}; {SAME:.2f} would be the same, {self.chance:.2f} is chance)"
            )
        which = f"every layer from {step.layer} on"
        which = "the last layer" if step is self.steps[0] else which
        which = "every layer" if step is self.steps[-1] else which
        return (
            f"these maps hardly change when {which} is randomized (rank correlation {step.similarity:.2f}, "
            f"{images}): do not read them as evidence"
        )


def check_sanity(
    module: nn.Module, head: str, maps_of: MapsOf, *, progress: Progress = silent
) -> Sanity | None:
    """Compare a network's maps with those that it gives when its layers are replaced, from the last one down.

    Weights become normal numbers of the same size, and biases, norms and running statistics are shuffled, so
    that numbers keep their magnitude on their way through the network.

    Args:
        module: The network; it stays as it is.
        head: The dotted name of its last layer.
        maps_of: Makes maps of it and of its copies.
        progress: Told how many steps are done.

    Returns:
        None where no image has a map with anything in it.
    """
    own_Nhw = maps_of(module)()
    seen = [place for place, map_hw in enumerate(own_Nhw) if not says_no_place(map_hw)]
    if not seen:
        return None
    steps = _steps(module, head)
    replaced, similar = [], np.zeros((_DRAWS, len(steps)))
    for draw in range(_DRAWS):
        random = copy.deepcopy(module)
        maps, generator = maps_of(random), torch.Generator().manual_seed(draw)
        for place, (_, layers) in enumerate(steps):
            for layer in layers:
                _randomize(random.get_submodule(layer), generator)
            new_Nhw = maps()
            similar[draw, place] = np.mean([_likeness(own_Nhw[one], new_Nhw[one]) for one in seen])
            replaced += [new_Nhw[seen]] if draw == 0 else []
            progress(draw * len(steps) + place + 1, _DRAWS * len(steps), "randomized networks looked at")
    told = [SanityStep(name, float(share)) for (name, _), share in zip(steps, similar.mean(0), strict=True)]
    return Sanity(told, own_Nhw[seen], np.stack(replaced))


def _steps(module: nn.Module, head: str) -> list[tuple[str, list[str]]]:
    """Return the layers that become random at each step, by the name of the lowest: the last layer first."""
    own = [
        name
        for name, layer in module.named_modules()
        if next(layer.parameters(recurse=False), None) is not None
    ]
    groups = _groups([name for name in own if name != head])[::-1]
    size = math.ceil(len(groups) / (_MOST_STEPS - 1))
    chunks = [groups[start : start + size] for start in range(0, len(groups), size)]
    below = [(chunk[-1][0], [layer for _, layers in chunk for layer in layers]) for chunk in chunks]
    return [(head, [head]), *below]


def _groups(layers: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return layers in groups from the input on, as the names of torchvision nest them."""
    groups: dict[str, list[str]] = {}
    for depth in range(1, _DEEPEST + 1):
        groups = {}
        for layer in layers:
            groups.setdefault(".".join(layer.split(".")[:depth]) or "input", []).append(layer)
        if len(groups) >= _FEWEST_GROUPS:
            break
    return list(groups.items())


@torch.no_grad()
def _randomize(layer: nn.Module, generator: torch.Generator) -> None:
    """Replace the parameters and running statistics of a layer, but not of those in it."""
    for tensor in (*layer.parameters(recurse=False), *layer.buffers(recurse=False)):
        if not tensor.is_floating_point():
            continue
        if tensor.ndim > 1:
            drawn = torch.randn(tensor.shape, generator=generator)
            tensor.copy_(drawn.to(tensor.device) * tensor.square().mean().sqrt())
        elif tensor.ndim == 1:
            tensor.copy_(tensor[torch.randperm(len(tensor), generator=generator).to(tensor.device)])


def _likeness(one_hw: Maps, other_hw: Maps) -> float:
    """Return Spearman's correlation of two maps without its sign; one that says nothing is like no other."""
    if says_no_place(one_hw) or says_no_place(other_hw):
        return 0.0
    return abs(float(spearmanr(one_hw.ravel(), other_hw.ravel()).statistic))
