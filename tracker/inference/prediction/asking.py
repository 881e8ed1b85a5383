"""Trained networks asked about many images: what was answered before is kept, the rest is computed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tracker.config.recipe import OnUnreadable
from tracker.data.decoding import decoder_identity, dicom_identity
from tracker.errors import UnreadableImages
from tracker.inference.asked_images import AskedImage, AskedImages
from tracker.inference.card import CARD
from tracker.inference.ensemble import Ensemble
from tracker.inference.loading import TrainedNetwork
from tracker.inference.prediction.answer_file import ENDINGS, AnswerFile
from tracker.inference.prediction.answer_rows import RowFormat
from tracker.inference.prediction.image_prediction import ImagePrediction
from tracker.inference.prediction.predicting import file_state, predictions
from tracker.inference.weights_read import WEIGHTS
from tracker.io.progress import Progress, silent
from tracker.tracking.backend.model_digests import sha256_of


@dataclass(frozen=True)
class Predictions(Iterable[ImagePrediction]):
    """What trained networks answered: an iteration over all images, and a summary.

    Attributes:
        models: How the networks were named.
        classes: The names of the classes.
        finding: The class that is the finding; None where there is none.
        threshold: Its probability from which an image is called so; None: what is likeliest was decided.
        calibrated: Whether there are calibrated probabilities.
        decisions: How many images were called what, by class name.
        problems: Why images cannot be read, by name.
        computed: How many images were asked about now; the others were in the file.
        left_out: How many files beside them are no images.
        gone: How many lines of the file are of images that are not there any more.
        output: The file; None: all are in memory.
    """

    models: Sequence[str]
    classes: Sequence[str]
    finding: str | None
    threshold: float | None
    calibrated: bool
    decisions: Mapping[str, int]
    problems: Mapping[str, str]
    computed: int
    left_out: int = 0
    gone: int = 0
    output: Path | None = None
    _rows: Callable[[], Iterable[ImagePrediction]] = field(default=tuple, repr=False)

    def __iter__(self) -> Iterator[ImagePrediction]:
        """Iterate over the images; those of a file are read one by one."""
        return iter(self._rows())

    def __len__(self) -> int:
        """Return how many images were asked about, unreadable ones, too."""
        return sum(self.decisions.values()) + len(self.problems)


def predict_in_memory(
    ensemble: Ensemble, asked: AskedImages, *, on_unreadable: OnUnreadable, progress: Progress = silent
) -> Predictions:
    """Return what networks answer to images.

    Args:
        ensemble: The networks.
        asked: The images.
        on_unreadable: `skip`: unreadable ones are listed; `stop`: they are an error.
        progress: Told how many images are done.

    Raises:
        UnreadableImages: Some are, and that is an error.
    """
    rows = [row for batch in _told(ensemble, asked.images, 0, on_unreadable, progress) for row in batch]
    return _summary(ensemble, asked, rows, computed=len(rows), _rows=lambda: rows)


def predict_into(
    output: Path,
    ensemble: Ensemble,
    asked: AskedImages,
    *,
    data: Path,
    on_unreadable: OnUnreadable,
    progress: Progress = silent,
) -> Predictions:
    """Write what networks answer to images; images whose line is there and whose file is unchanged are done.

    Args:
        output: A file that `check_output` accepts.
        ensemble: The networks.
        asked: The images.
        data: Where they are.
        on_unreadable: `skip`: unreadable ones are listed; `stop`: they are an error.
        progress: Told how many images are done.

    Raises:
        UsageError: The file was begun with something else.
        UnreadableImages: Some are, and that is an error; what was answered until then is in the file.
        DataError: The disk is full.
    """
    columns = RowFormat(
        ensemble.classes,
        has_ids=asked.has_ids,
        calibrated=ensemble.is_calibrated,
        together=len(ensemble.members) > 1,
        json_lines=ENDINGS[output.suffix.lower()],
    )
    made_with = {
        "models": sorted(map(_identity, ensemble.members)),
        "data": str(data.resolve()),
        "decoder": f"{decoder_identity()} {dicom_identity()}",
    }
    file = AnswerFile(output, columns, made_with)
    with file.opened():
        done = {image.name for image in asked.images if _is_done(file, image, on_unreadable)}
        names = {image.name for image in asked.images}
        gone = file.known.keys() - names
        file.keep_only(done | gone)
        left = [image for image in asked.images if image.name not in done]
        for _ in file.append(_told(ensemble, left, len(done), on_unreadable, progress)):
            pass
        rows = (row for row in file.rows() if row.image in names)
        return _summary(
            ensemble, asked, rows, computed=len(left), gone=len(gone), output=output, _rows=file.rows
        )


def _is_done(file: AnswerFile, image: AskedImage, on_unreadable: OnUnreadable) -> bool:
    line = file.known.get(image.name)
    if line is None or not line.file or line.file != file_state(image):
        return False
    # A table may call the same file something else by now.
    if line.id != image.id:
        return False
    return not line.unreadable or on_unreadable == "skip"


def _identity(network: TrainedNetwork) -> str:
    """Return what tells a network from all others, with all that decides what it answers.

    How it computes may be known of its run and not be in its card.
    """
    content = (network.folder / CARD).read_bytes() + sha256_of(network.folder / WEIGHTS).encode()
    computes = f"{network.mode} {network.precision}".encode()
    return f"{network.model} {hashlib.sha256(content + computes).hexdigest()[:16]}"


def _told(
    ensemble: Ensemble,
    images: Sequence[AskedImage],
    before: int,
    on_unreadable: OnUnreadable,
    progress: Progress,
) -> Iterator[list[ImagePrediction]]:
    """Yield batches of predictions, and tell how far they are; stop at an unreadable image if asked to."""
    done, total = before, before + len(images)
    progress(done, total, "images")
    for batch in predictions(ensemble, images):
        unreadable = {row.image: row.problem for row in batch if row.problem}
        stops = unreadable and on_unreadable == "stop"
        yield [row for row in batch if not (stops and row.problem)]
        if stops:
            raise UnreadableImages(unreadable)
        done += len(batch)
        progress(done, total, "images")


def _summary(
    ensemble: Ensemble, asked: AskedImages, rows: Iterable[ImagePrediction], **more: object
) -> Predictions:
    decisions, problems = Counter(dict.fromkeys(ensemble.classes, 0)), {}
    for row in rows:
        if row.problem:
            problems[row.image] = row.problem
        else:
            decisions[row.decision] += 1
    return Predictions(
        models=[one.asked for one in ensemble.members],
        classes=ensemble.classes,
        finding=ensemble.finding,
        threshold=ensemble.threshold,
        calibrated=ensemble.is_calibrated,
        decisions=dict(decisions),
        problems=problems,
        left_out=asked.left_out,
        **more,  # type: ignore[arg-type]
    )
