"""What the answers of trained networks rest on: maps over images, and whether they can be believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.config.recipe import OnUnreadable
from tracker.errors import UsageError
from tracker.io.process_environment import prepare_process
from tracker.io.progress import Progress, silent

if TYPE_CHECKING:
    from tracker.inference.explanations.explained_model import ExplainedModel
    from tracker.inference.explanations.held_out import HeldOutPart
    from tracker.inference.explanations.masks import Masks
    from tracker.inference.loading import TrainedNetwork

IMAGES = 12
"""How many images are drawn where nothing else is asked for."""

_PHANTOM = "phantom"


def explain(
    model: str | Path | Sequence[str | Path],
    data: str | Path | Sequence[str | Path],
    *,
    output: str | Path,
    images: int = IMAGES,
    part: HeldOutPart | None = None,
    class_name: str | None = None,
    masks: str | Path | None = None,
    sanity: bool = True,
    on_unreadable: OnUnreadable = "stop",
    tracking_uri: str | None = None,
    progress: Progress = silent,
    on_explained: Callable[[ExplainedModel], None] | None = None,
) -> list[ExplainedModel]:
    """Draw which places of images speak for what a trained network answers, by Grad-CAM.

    Args:
        model: RUN_ID, `models:/NAME@ALIAS`, `runs:/RUN_ID/NAME`, a folder; or several of the same classes.
        data: A folder of images, a table with a column `path` (and perhaps `patient`), files, or `phantom`.
        output: Where pictures, `maps/`, `maps.csv` and contact sheets go; of several models, each has a
            folder in it.
        images: How many pictures are drawn at most, of images spread evenly over all.
        part: Only images of this part of the split that each network's run had, val or test; None: all, also
            those that it was trained on.
        class_name: The class that maps are of; None: the one that the network calls each image, and where
            there are masks, the finding.
        masks: Where lesions are: a folder of masks that are named like their images, a table of boxes (image,
            x, y, width, height), or `phantom`. All images that have some are held against them.
        sanity: Whether to check by random layers (Adebayo et al. 2018) that maps depend on what the network
            has learned, and to draw it: `sanity.png`.
        on_unreadable: Whether to go on without images that cannot be decoded: stop or skip.
        tracking_uri: MLflow's server or store; None: MLFLOW_TRACKING_URI, or mlflow.db in this folder.
        progress: Told how far it is.
        on_explained: Called with each model as soon as it is explained.

    Returns:
        One for each model, in their order.

    Raises:
        TrackerError: A model, an image, a mask or the class is not as it must be, or the folder cannot be
            written.
    """
    prepare_process()
    from tracker.inference.explanations.explained_model import Asked, explain_model
    from tracker.inference.explanations.held_out import images_of_part
    from tracker.inference.explanations.images import find_images
    from tracker.inference.loading import load_several
    from tracker.models.devices import choose_device

    _require_folder(Path(output))
    places = _places(data, progress)
    found, lesions = find_images(places), _lesions(masks, progress)
    networks = load_several(_several(model), tracking_uri=tracking_uri, device=choose_device())
    asked = Asked(images, class_name, sanity, on_unreadable, synthetic=_are_synthetic(places))
    explained = []
    for number, network in enumerate(networks, start=1):
        folder = Path(output) / _folder_name(number, network) if len(networks) > 1 else Path(output)
        some = found
        if part is not None:
            some = images_of_part(network, found, part, tracking_uri=tracking_uri)
        explained.append(explain_model(network, some, lesions, folder, asked, progress=progress))
        if on_explained is not None:
            on_explained(explained[-1])
    return explained


def _require_folder(output: Path) -> None:
    """Refuse, before anything is computed, what cannot become a folder."""
    if any(place.exists() and not place.is_dir() for place in (output, *output.parents)):
        raise UsageError(
            "--output must be a folder, which is made where it is not there",
            but=f"{output} is a file, or lies below one",
            do="Choose another name.",
        )


def _several(one_or_more: str | Path | Sequence[str | Path]) -> list[str | Path]:
    return [one_or_more] if isinstance(one_or_more, str | Path) else list(one_or_more)


def _places(data: str | Path | Sequence[str | Path], progress: Progress) -> list[Path]:
    from tracker.phantom.files import TABLE, sample_folder

    places = [Path(one) for one in _several(data)]
    return [sample_folder(progress) / TABLE] if _is_phantom(places) else places


def _are_synthetic(places: Sequence[Path]) -> bool:
    from tracker.data.sources.phantom import is_copy

    return any(is_copy(place if place.is_dir() else place.parent) for place in places)


def _lesions(masks: str | Path | None, progress: Progress) -> Masks | None:
    from tracker.inference.explanations.masks import read_masks
    from tracker.phantom.files import lesions_folder

    if masks is None:
        return None
    return read_masks(lesions_folder(progress) if _is_phantom([Path(masks)]) else Path(masks))


def _is_phantom(places: Sequence[Path]) -> bool:
    return list(map(str, places)) == [_PHANTOM] and not places[0].exists()


def _folder_name(number: int, network: TrainedNetwork) -> str:
    mode = f"-{network.mode.replace(':', '-')}" if network.mode else ""
    return f"{number}-{network.model}{mode}"
