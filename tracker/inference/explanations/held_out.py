"""Which images a network was not trained on: those of a part of its run's split."""

from __future__ import annotations

from typing import Literal

from tracker.errors import UsageError
from tracker.inference.explanations.images import FoundImages
from tracker.inference.loading import TrainedNetwork
from tracker.tracking.backend.reader import read_predictions
from tracker.ui.stores import open_store

HeldOutPart = Literal["val", "test"]


def images_of_part(
    network: TrainedNetwork, found: FoundImages, part: HeldOutPart, *, tracking_uri: str | None
) -> FoundImages:
    """Return the images that are in a part of the split that a network's run had.

    Args:
        network: The network.
        found: All images, named as in the data set of the run.
        part: The part.
        tracking_uri: As `explain` takes it.

    Raises:
        UsageError: Nobody knows the run, or none of the images is in that part.
    """
    if network.run is None:
        raise UsageError(
            "--part needs a network whose run is known",
            but=f"{network.asked} says none",
            do="Name it by its run's id, or leave --part out and give those images alone: --data.",
        )
    with open_store(tracking_uri) as uri:
        predictions = read_predictions(uri, network.run.run_id)
    inside = {one.sample for one in predictions if one.part == part}
    if not inside.intersection(found.files):
        raise UsageError(
            "--part needs the data set that the network was trained with",
            but=f"none of the {len(found.files)} images is one of the {len(inside)} of its {part} part",
            do=f"Its images are called such as {min(inside, default='none')}.",
        )
    return found.of(name for name in found.files if name in inside)
