"""Images through trained networks, as a stream: read in all threads, answered batch by batch, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tracker.data.decoding import PassingError, UndecodableError, decode, read_file, to_rgb
from tracker.inference.as_trained import BATCH
from tracker.inference.asked_images import AskedImage
from tracker.inference.ensemble import Answered, Ensemble, Shape
from tracker.inference.prediction.image_prediction import ImagePrediction
from tracker.io.parallel import parallel_map

_Pixels = Mapping[Shape, NDArray[np.uint8]]


@dataclass(frozen=True)
class _Read:
    """An image that was read: its pixels in every size that is needed, or why it cannot be read."""

    image: AskedImage
    file: str = ""
    pixels: _Pixels | None = None
    problem: str = ""


def predictions(ensemble: Ensemble, images: Iterable[AskedImage]) -> Iterator[list[ImagePrediction]]:
    """Yield what networks answer to images, a batch at a time; unreadable images come with their problem.

    Args:
        ensemble: The networks.
        images: The images; they may be more than memory holds.
    """
    for member in ensemble.members:
        member.prepare()
    waiting: list[_Read] = []
    for read in parallel_map(partial(_read, shapes=ensemble.shapes), images):
        waiting.append(read)
        if sum(one.pixels is not None for one in waiting) == BATCH or len(waiting) == 4 * BATCH:
            yield _answered(ensemble, waiting)
            waiting = []
    if waiting:
        yield _answered(ensemble, waiting)


def file_state(image: AskedImage) -> str:
    """Return the size and the time of the last change of an image's file; empty where it is not there."""
    try:
        found = image.path.stat()
    except (OSError, ValueError):
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}"


def _read(image: AskedImage, *, shapes: Iterable[Shape]) -> _Read:
    if image.problem:
        return _Read(image, problem=image.problem)
    file = file_state(image)
    try:
        content = read_file(image.path)
        pixels = {
            (size, resize): to_rgb(decode(content, image_size=size, resize=resize)) for size, resize in shapes
        }
    except PassingError as error:
        return _Read(image, problem=str(error))
    except UndecodableError as error:
        return _Read(image, file, problem=str(error))
    return _Read(image, file, pixels)


def _answered(ensemble: Ensemble, batch: list[_Read]) -> list[ImagePrediction]:
    pixels = [one.pixels for one in batch if one.pixels is not None]
    stacked = {shape: np.stack([one[shape] for one in pixels]) for shape in ensemble.shapes if pixels}
    answers = ensemble.answers(stacked) if pixels else iter(())
    return [_prediction(one, next(answers) if one.pixels is not None else None) for one in batch]


def _prediction(read: _Read, answered: Answered | None) -> ImagePrediction:
    image = read.image
    if answered is None:
        return ImagePrediction(image.name, image.id, problem=read.problem, file=read.file)
    return ImagePrediction(image.name, image.id, **asdict(answered), file=read.file)
