"""A trained network explained: what each image's answer rests on, as numbers.

Letters of shapes: N images, H = W their size, K classes, h and w the map's height and width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from torch import nn

from tracker.errors import UsageError
from tracker.inference.ensemble import Ensemble
from tracker.inference.explanations.images import SeenImages
from tracker.inference.explanations.maps import Explainer, Maps, says_no_place, speaking_for
from tracker.inference.explanations.sanity import MOST_IMAGES, Sanity, check_sanity
from tracker.inference.loading import TrainedNetwork
from tracker.io.progress import Progress, silent
from tracker.models.networks import Network


@dataclass(frozen=True, eq=False)
class Explanation:
    """What one answer rests on.

    Attributes:
        image: The image's name.
        class_name: The class that the map is of.
        probability: What the network gave that class, 0 to 1.
        decision: The class that the network called the image.
        layer: The layer that the map is of.
        signed: float32 [h, w], in log-odds: above zero what speaks for the class, below what speaks against.
        pixels: uint8 [H, W, 3], the image as the network saw it.
    """

    image: str
    class_name: str
    probability: float
    decision: str
    layer: str
    signed: Maps
    pixels: NDArray[np.uint8]

    @property
    def map(self) -> Maps:
        """What speaks for the class, float32 [h, w], zero elsewhere."""
        return speaking_for(self.signed)

    @property
    def says_no_place(self) -> bool:
        """Whether no place speaks for the class more than all others."""
        return says_no_place(self.map)


def as_network(trained: TrainedNetwork) -> Network:
    """Return the network of a trained one.

    Args:
        trained: As it was loaded.
    """
    red, green, blue = trained.mean
    of_red, of_green, of_blue = trained.std
    return Network(
        trained.model, trained.module, trained.head, (red, green, blue), (of_red, of_green, of_blue)
    )


def explain_images(
    network: TrainedNetwork,
    explainer: Explainer,
    seen: SeenImages,
    *,
    class_name: str | None = None,
    progress: Progress = silent,
) -> list[Explanation]:
    """Explain what a network answers to images.

    Args:
        network: The network.
        explainer: What explains it.
        seen: The images.
        class_name: The class that maps are of; None: the one that the network calls each image.
        progress: Told how many images are done.

    Raises:
        UsageError: The network has no such class.
    """
    wanted = None if class_name is None else _place_of(class_name, network)
    logits_NK = network.logits(seen.pixels)
    answered = list(Ensemble([network]).of_logits(logits_NK[None]))
    decided = [network.classes.index(one.decision) for one in answered]
    targets = [place if wanted is None else wanted for place in decided]
    signed = explainer.signed_maps(seen.pixels, targets, progress=progress)
    return [
        Explanation(
            image=name,
            class_name=network.classes[target],
            probability=answer.probabilities[network.classes[target]],
            decision=answer.decision,
            layer=explainer.layer,
            signed=signed[number],
            pixels=seen.pixels[number],
        )
        for number, (name, target, answer) in enumerate(zip(seen.names, targets, answered, strict=True))
    ]


def check_explanations(
    network: Network,
    classes: Sequence[str],
    explanations: Sequence[Explanation],
    *,
    progress: Progress = silent,
) -> Sanity | None:
    """Check by some of its explanations whether a network's maps depend on what it has learned.

    Args:
        network: The network.
        classes: The names of its classes.
        explanations: Its explanations, of which some are made again with random layers.
        progress: Told how many steps are done.

    Returns:
        None where no map has anything in it.
    """
    places = np.linspace(0, len(explanations) - 1, min(MOST_IMAGES, len(explanations))).round().astype(int)
    chosen = [explanations[place] for place in places]
    pixels = np.stack([one.pixels for one in chosen])
    targets = [classes.index(one.class_name) for one in chosen]

    def maps_of(module: nn.Module) -> Callable[[], Maps]:
        explainer = Explainer(replace(network, module=module), image_size=pixels.shape[1])
        return partial(explainer.signed_maps, pixels, targets)

    return check_sanity(network.module, network.head, maps_of, progress=progress)


def _place_of(class_name: str, network: TrainedNetwork) -> int:
    if class_name not in network.classes:
        raise UsageError(
            "--class must be a class of the network",
            but=f"{class_name!r} is none of {', '.join(network.classes)}",
            do="Give one of them, or leave it out for the class that each image is called.",
        )
    return network.classes.index(class_name)
