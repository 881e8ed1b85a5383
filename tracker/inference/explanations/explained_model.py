"""All that is asked about one trained network: its maps drawn, checked, and held against known lesions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tracker.config.recipe import OnUnreadable
from tracker.data.positive_class import positive_class
from tracker.errors import DataError, UsageError
from tracker.inference.explanations.explaining import (
    Explanation,
    as_network,
    check_explanations,
    explain_images,
)
from tracker.inference.explanations.files import explanation_files, sanity_png, sheet_title
from tracker.inference.explanations.images import FoundImages, SeenImages, see_images
from tracker.inference.explanations.maps import Explainer, speaking_for
from tracker.inference.explanations.masks import Masks
from tracker.inference.explanations.pointing import Pointing, play
from tracker.inference.explanations.sanity import Sanity
from tracker.inference.loading import TrainedNetwork
from tracker.io.atomic import write_whole
from tracker.io.progress import Progress, silent

SANITY = "sanity.png"
_BATCH = 64


@dataclass(frozen=True)
class Asked:
    """What is asked about each network.

    Attributes:
        images: How many pictures are drawn at most.
        class_name: The class that maps are of; None: the one that each image is called, and where there are
            masks, the finding.
        sanity: Whether maps are checked by random layers.
        on_unreadable: Whether to go on without images that cannot be decoded.
        synthetic: Whether a program drew the images, which sheets then say.
    """

    images: int
    class_name: str | None = None
    sanity: bool = True
    on_unreadable: OnUnreadable = "stop"
    synthetic: bool = False


@dataclass(frozen=True, eq=False)
class ExplainedModel:
    """One network's explanations.

    Attributes:
        model: How the user named it.
        arm: What it is: its network, and its mode where that is known.
        folder: Where its files are.
        layer: The layer that its maps are of.
        explanations: One an image that is drawn.
        sanity: Whether the maps depend on what the network has learned; None where that was not asked for, or
            no map has anything in it.
        pointing: How often maps point at lesions; None where there are no masks.
        unreadable: Why other images are left out, by their names.
    """

    model: str
    arm: str
    folder: Path
    layer: str
    explanations: Sequence[Explanation]
    sanity: Sanity | None
    pointing: Pointing | None
    unreadable: Mapping[str, str]


def arm_of(network: TrainedNetwork) -> str:
    """Return what a network is: its name, and its mode where that is known."""
    return f"{network.model} · {network.mode}" if network.mode else network.model


def explain_model(
    network: TrainedNetwork,
    found: FoundImages,
    masks: Masks | None,
    folder: Path,
    asked: Asked,
    *,
    progress: Progress = silent,
) -> ExplainedModel:
    """Explain what a network answers to images, and write it to a folder.

    Args:
        network: The network.
        found: All images.
        masks: Where lesions are; None: nobody knows. Then only images that have some are looked at.
        folder: Where files go.
        asked: What is asked.
        progress: Told how far it is.

    Raises:
        TrackerError: Images, masks, the class or the folder are not as they must be.
    """
    class_name = asked.class_name if masks is None else _finding(network, asked.class_name)
    if masks is not None:
        found = _with_mask(found, masks)
    plain = as_network(network)
    explainer = Explainer(plain, image_size=network.image_size)
    seen = _see(network, found.some(asked.images), asked)
    explanations = explain_images(network, explainer, seen, class_name=class_name, progress=progress)
    title = sheet_title(arm_of(network), synthetic=asked.synthetic)
    for path, content in explanation_files(explanations, title=title, progress=progress):
        _write(folder / path, content)
    sanity = None
    if asked.sanity:
        sanity = check_explanations(plain, network.classes, explanations, progress=progress)
    if sanity is not None:
        _write(folder / SANITY, sanity_png(sanity))
    pointing = None
    if masks is not None and class_name is not None:
        pointing = _point(network, explainer, found, masks, class_name, asked, progress)
    return ExplainedModel(
        *(network.asked, arm_of(network), folder, explainer.layer),
        *(explanations, sanity, pointing, seen.unreadable),
    )


def _finding(network: TrainedNetwork, asked: str | None) -> str:
    finding = asked or network.positive or positive_class(network.classes)
    if finding is None:
        raise UsageError(
            "of more than two classes, the one that masks are of must be named",
            but=f"{network.asked} has {', '.join(network.classes)}",
            do="Give it: --class.",
        )
    return finding


def _with_mask(found: FoundImages, masks: Masks) -> FoundImages:
    named = [name for name in found.files if masks.has(name)]
    if not named:
        raise DataError(
            "masks must be named like the images that they are of",
            but=f"none of {masks.source} is, of {len(found.files)} images",
            do=f"The first image is {next(iter(found.files))}.",
        )
    return found.of(named)


def _see(network: TrainedNetwork, found: FoundImages, asked: Asked) -> SeenImages:
    return see_images(
        found, image_size=network.image_size, resize=network.resize, on_unreadable=asked.on_unreadable
    )


def _point(
    network: TrainedNetwork,
    explainer: Explainer,
    found: FoundImages,
    masks: Masks,
    class_name: str,
    asked: Asked,
    progress: Progress,
) -> Pointing:
    """Play the pointing game with all images that have a mask with anything in it."""
    target = network.classes.index(class_name)
    names, maps, lesions = list(found.files), [], []
    whose = []
    for start in range(0, len(names), _BATCH):
        some = found.of(names[start : start + _BATCH])
        seen = _see(network, some, asked)
        signed = explainer.signed_maps(seen.pixels, [target] * len(seen.names))
        for name, file, map_hw in zip(seen.names, seen.files, signed, strict=True):
            mask = masks.mask(name, file, image_size=network.image_size, resize=network.resize)
            if mask.any():
                maps.append(speaking_for(map_hw))
                lesions.append(mask)
                whose.append(found.patients.get(name, name))
        progress(min(start + _BATCH, len(names)), len(names), "images held against their masks")
    if not maps:
        raise DataError(
            "masks must have lesions in them",
            but=f"all of {masks.source} are black",
            do="Draw lesions in white.",
        )
    return play(np.stack(maps), lesions, class_name=class_name, patients=whose)


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise DataError(
            "the folder of explanations must be writable",
            but=f"{path}: {error.strerror}",
            do="Check --output.",
        ) from None
