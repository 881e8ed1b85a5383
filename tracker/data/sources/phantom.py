"""The sample of synthetic radiographs: nobody's images, on any machine, without a network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tracker.data.sources.csv_table import collect_csv
from tracker.data.sources.source import Source, SourceImage
from tracker.errors import DataError
from tracker.phantom.files import NOTICE, TABLE, sample_folder


def collect_phantoms(root: Path, *, must_exist: bool = True) -> Sequence[SourceImage]:
    """List the images of a folder that `sample_folder` drew, or of a copy of it.

    Args:
        root: The folder.
        must_exist: Refuse to go on without a file that was drawn.

    Raises:
        DataError: It is not there, or its table or images are not as they were drawn.
    """
    if not root.exists():
        raise DataError(
            "--data must be a folder that the synthetic images were copied to",
            but=f"{root} does not exist",
            do="Leave --data out: --dataset phantom draws its images itself.",
        )
    return collect_csv(root, must_exist=must_exist)


def is_copy(place: Path) -> bool:
    """Return whether a folder is a copy of what `sample_folder` drew, whose images are synthetic.

    Args:
        place: Any path.
    """
    return (place / TABLE).is_file() and (place / NOTICE).is_file()


SOURCE = Source(
    name="phantom",
    collect=collect_phantoms,
    collect_missing=partial(collect_phantoms, must_exist=False),
    default_split="486/44/132",
    provide=sample_folder,
    recognizes=is_copy,
    rank=30,
)
