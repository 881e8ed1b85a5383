"""Pictures of what a run's network rested on, for the test images where it was most wrong and most sure.

Letters of shapes: N images, K classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from torch import Tensor

from tracker.data.decoding import to_rgb
from tracker.data.pixels import Pixels
from tracker.inference.explanations.explaining import Explanation, check_explanations
from tracker.inference.explanations.maps import Explainer, log_odds
from tracker.io.progress import Progress, silent
from tracker.models.networks import Network
from tracker.runs.images import Images
from tracker.tracking.journal.recorder import RunRecorder

FOLDER, WRONG, SURE = "explanations", "most-wrong", "most-sure"


@dataclass(frozen=True)
class Tested:
    """A trained network, and what it answered to the test images at the last epoch.

    Attributes:
        network: The network; it is in evaluation mode from now on.
        images: The images of its run.
        pixels: What these decode to.
        logits: [N, K] Its answers to the test images.
    """

    network: Network
    images: Images
    pixels: Pixels
    logits: Tensor


def most_wrong_and_sure(
    odds_NK: Sequence[Sequence[float]], truth_N: Sequence[int], most: int
) -> tuple[list[int], list[int]]:
    """Choose images by the log-odds of a network's answers.

    Args:
        odds_NK: Of each class.
        truth_N: The true classes.
        most: How many of each kind.

    Returns:
        The places of images that were not called what they are, those first whose true class got the least;
        and of those that were, those first whose class got the most.
    """
    own = [odds_K[true] for odds_K, true in zip(odds_NK, truth_N, strict=True)]
    order = sorted(range(len(own)), key=own.__getitem__)
    wrong = [place for place in order if own[place] < max(odds_NK[place])]
    sure = [place for place in reversed(order) if own[place] == max(odds_NK[place])]
    return wrong[:most], sure[:most]


def record_explanations(
    recorder: RunRecorder,
    tested: Tested,
    *,
    most: int,
    name: str,
    synthetic: bool = False,
    progress: Progress = silent,
) -> None:
    """Record images under the maps of the class that they were called, the maps, and their check.

    Args:
        recorder: Of the run.
        tested: Its network, and what it answered.
        most: How many images at which it was most wrong, and at which it was most sure.
        name: What the network is called above the sheets.
        synthetic: Whether a program drew the images, which these then say.
        progress: Told how far it is.

    Raises:
        ModelError: The network has no map of features.
    """
    # Slow to import, and few runs draw them.
    from tracker.inference.explanations.files import explanation_files, sanity_png, sheet_title

    tested.network.module.eval()
    explainer = Explainer(tested.network, image_size=tested.pixels.shape[1])
    everything: list[Explanation] = []
    for kind, (explanations, remarks) in _chosen(explainer, tested, most, progress).items():
        title = sheet_title(f"{name}, {kind.replace('-', ' ')} test images", synthetic=synthetic)
        for path, content in explanation_files(explanations, title=title, remarks=remarks):
            place = PurePosixPath(FOLDER, kind, path)
            recorder.artifact(place.name, content, folder=place.parent.as_posix())
        everything += explanations
    classes = tested.images.manifest.classes
    sanity = check_explanations(tested.network, classes, everything, progress=progress)
    if sanity is not None:
        recorder.artifact("sanity.png", sanity_png(sanity), folder=FOLDER)


def _chosen(
    explainer: Explainer, tested: Tested, most: int, progress: Progress
) -> dict[str, tuple[list[Explanation], dict[str, str]]]:
    """Return the explanations of each kind, with the true class of each image; no kind without images."""
    rows = tested.images.split.indexes(tested.images.manifest)["test"]
    truth = [tested.images.manifest.labels[row] for row in rows]
    odds_NK = log_odds(tested.logits.double().cpu()).tolist()
    chosen = dict(zip((WRONG, SURE), most_wrong_and_sure(odds_NK, truth, most), strict=True))
    names = tested.images.manifest.classes
    return {
        kind: (
            (explanations := _explained(explainer, tested, rows, places, progress)),
            {
                one.image: f"truly {names[truth[place]]}"
                for one, place in zip(explanations, places, strict=True)
            },
        )
        for kind, places in chosen.items()
        if places
    }


def _explained(
    explainer: Explainer, tested: Tested, rows: Sequence[int], places: Sequence[int], progress: Progress
) -> list[Explanation]:
    manifest = tested.images.manifest
    shares_NK = tested.logits.double().softmax(1)
    called = shares_NK.argmax(1).tolist()
    pixels = np.stack([to_rgb(tested.pixels.array[rows[place]]) for place in places])
    signed = explainer.signed_maps(pixels, [called[place] for place in places], progress=progress)
    return [
        Explanation(
            image=manifest.samples[rows[place]].id,
            class_name=manifest.classes[called[place]],
            probability=float(shares_NK[place, called[place]]),
            decision=manifest.classes[called[place]],
            layer=explainer.layer,
            signed=map_hw,
            pixels=pixels_HWC,
        )
        for place, map_hw, pixels_HWC in zip(places, signed, pixels, strict=True)
    ]
