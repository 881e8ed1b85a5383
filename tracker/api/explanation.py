"""What the answers of trained networks rest on: maps over images, and whether they can be believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.config.recipe import OnUnreadable
from tracker.io.progress import Progress, silent

if TYPE_CHECKING:
    from tracker.inference.explanations.explaining import Explanation
    from tracker.inference.explanations.sanity import Sanity
    from tracker.inference.loading import TrainedNetwork

IMAGES = 12
"""How many images are explained where nothing else is asked for."""


@dataclass(frozen=True, eq=False)
class ExplainedModel:
    """One network's explanations.

    Attributes:
        model: How the user named it.
        arm: What it is: its network, and its mode where that is known.
        folder: Where its files are.
        layer: The layer that its maps are of.
        explanations: One an image.
        sanity: Whether the maps depend on what the network has learned; None where that was not asked for, or
            no map has anything in it.
        unreadable: Why other images are left out, by their names.
    """

    model: str
    arm: str
    folder: Path
    layer: str
    explanations: Sequence[Explanation]
    sanity: Sanity | None
    unreadable: dict[str, str]


def explain(
    model: str | Path | Sequence[str | Path],
    data: str | Path | Sequence[str | Path],
    *,
    output: str | Path,
    images: int = IMAGES,
    class_name: str | None = None,
    sanity: bool = True,
    on_unreadable: OnUnreadable = "stop",
    tracking_uri: str | None = None,
    progress: Progress = silent,
) -> list[ExplainedModel]:
    """Draw which places of images speak for what a trained network answers, by Grad-CAM.

    Args:
        model: RUN_ID, `models:/NAME@ALIAS`, `runs:/RUN_ID/NAME`, a folder; or several.
        data: A folder of images, a table with a column `path`, or files.
        output: Where pictures, `maps/`, `maps.csv` and contact sheets go; of several models, each has a
            folder in it.
        images: How many images, spread evenly over all.
        class_name: The class that maps are of; None: the one that the network calls each image.
        sanity: Whether to check by random layers (Adebayo et al. 2018) that maps depend on what the network
            has learned, and to draw it: `sanity.png`.
        on_unreadable: Whether to go on without images that cannot be decoded: stop or skip.
        tracking_uri: MLflow's server or store; None: MLFLOW_TRACKING_URI, or mlflow.db in this folder.
        progress: Told how far it is.

    Returns:
        One for each model, in their order.

    Raises:
        TrackerError: A model, an image, or the class is not as it must be, or the folder cannot be written.
    """
    return list(
        explain_each(
            model,
            data,
            output=output,
            images=images,
            class_name=class_name,
            sanity=sanity,
            on_unreadable=on_unreadable,
            tracking_uri=tracking_uri,
            progress=progress,
        )
    )


def explain_each(
    model: str | Path | Sequence[str | Path],
    data: str | Path | Sequence[str | Path],
    *,
    output: str | Path,
    images: int = IMAGES,
    class_name: str | None = None,
    sanity: bool = True,
    on_unreadable: OnUnreadable = "stop",
    tracking_uri: str | None = None,
    progress: Progress = silent,
) -> Iterator[ExplainedModel]:
    """Do what `explain` does, and yield each model as soon as it is explained; its arguments are the same."""
    from tracker.inference.explanations.images import find_images
    from tracker.inference.loading import load_several

    found = find_images([Path(one) for one in _several(data)], images)
    networks = load_several(_several(model), tracking_uri=tracking_uri)
    for number, network in enumerate(networks, start=1):
        folder = Path(output) / _folder_name(number, network) if len(networks) > 1 else Path(output)
        yield _explained(network, found, folder, class_name, sanity, on_unreadable, progress)


def _several(one_or_more: str | Path | Sequence[str | Path]) -> list[str | Path]:
    return [one_or_more] if isinstance(one_or_more, str | Path) else list(one_or_more)


def _folder_name(number: int, network: TrainedNetwork) -> str:
    return f"{number}-{arm_of(network).replace(' · ', '-').replace(':', '-')}"


def arm_of(network: TrainedNetwork) -> str:
    """Return what a network is: its name, and its mode where that is known."""
    mode = network.run.tags.get("tracker.mode", "") if network.run is not None else ""
    return f"{network.model} · {mode}" if mode else network.model


def _explained(
    network: TrainedNetwork,
    found: dict[str, Path],
    folder: Path,
    class_name: str | None,
    with_sanity: bool,
    on_unreadable: OnUnreadable,
    progress: Progress,
) -> ExplainedModel:
    from tracker.inference.explanations.explaining import check_network, explain_images, explainer_of
    from tracker.inference.explanations.files import explanation_files, sanity_png
    from tracker.inference.explanations.images import see_images

    explainer = explainer_of(network)
    seen = see_images(
        found, image_size=network.image_size, resize=network.resize, on_unreadable=on_unreadable
    )
    explanations = explain_images(network, explainer, seen, class_name=class_name, progress=progress)
    for path, content in explanation_files(explanations, title=arm_of(network), progress=progress):
        _write(folder / path, content)
    sanity = check_network(network, explanations, progress=progress) if with_sanity else None
    if sanity is not None:
        _write(folder / "sanity.png", sanity_png(sanity))
    return ExplainedModel(
        network.asked, arm_of(network), folder, explainer.layer, explanations, sanity, seen.unreadable
    )


def _write(path: Path, content: bytes) -> None:
    from tracker.errors import DataError
    from tracker.io.atomic import write_whole

    try:
        write_whole(path, content)
    except OSError as error:
        raise DataError(
            "the folder of explanations must be writable",
            but=f"{path}: {error.strerror}",
            do="Check --output.",
        ) from None
