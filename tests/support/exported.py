"""A trained network in a folder, as it lies beside a journal and in a store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tracker.compare.operating_point import OperatingPoint
from tracker.config.recipe import Resize
from tracker.inference.export import named_loader, network_files
from tracker.models.networks import Network


def export_network(
    network: Network,
    folder: Path,
    *,
    classes: Sequence[str],
    image_size: int,
    resize: Resize,
    point: OperatingPoint | None = None,
) -> None:
    """Write the files of a network into a folder that is there."""
    files = network_files(network, classes=classes, image_size=image_size, resize=resize, point=point)
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def copy_loader(folder: Path) -> Path:
    """Write what loads a network into a folder, and return where it is."""
    name, content = named_loader()
    (folder / name).write_bytes(content)
    return folder / name
