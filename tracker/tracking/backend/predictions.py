"""The artifact `predictions.csv`: one line an image, part and epoch kind; its format is in this file only.

Columns: sample, part (train, val, test), epoch_kind (final, best), label (the class's name), then one
probability a class, `p_<class name>`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from tracker.errors import TrackingError
from tracker.records import EPOCH_KINDS, PARTS, Prediction

PREDICTIONS = "predictions.csv"
_COLUMNS = ("sample", "part", "epoch_kind", "label")
_PREFIX = "p_"


def predictions_csv(predictions: Sequence[Prediction]) -> str:
    """Write predictions as text; the probabilities come back exactly.

    Args:
        predictions: All with the same classes, in the same order.
    """
    classes = list(predictions[0].probabilities) if predictions else []
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COLUMNS, *(_PREFIX + name for name in classes)])
    for row in predictions:
        probabilities = (repr(float(row.probabilities[name])) for name in classes)
        writer.writerow([row.sample, row.part, row.epoch_kind, row.label, *probabilities])
    return text.getvalue()


def parse_predictions(text: str) -> list[Prediction]:
    """Read what `predictions_csv` wrote.

    Args:
        text: The whole file.

    Raises:
        TrackingError: It is not such a file.
    """
    header, *rows = list(csv.reader(io.StringIO(text, newline=""))) or [[]]
    columns = [column.removeprefix(_PREFIX) for column in header[len(_COLUMNS) :]]
    try:
        if tuple(header[: len(_COLUMNS)]) != _COLUMNS:
            raise ValueError(f"the columns are {', '.join(header)}")
        return [_prediction(row, columns) for row in rows]
    except ValueError as error:
        raise TrackingError(
            f"{PREDICTIONS} must have the columns {', '.join(_COLUMNS)} and p_<class>",
            but=str(error),
            do="Run the arm again, or leave the run out.",
        ) from None


def _prediction(row: Sequence[str], classes: Sequence[str]) -> Prediction:
    sample, part, epoch_kind, label, *probabilities = row
    if part not in PARTS or epoch_kind not in EPOCH_KINDS:
        raise ValueError(f"{sample} is in part {part!r}, epoch kind {epoch_kind!r}")
    numbers = dict(zip(classes, map(float, probabilities), strict=True))
    return Prediction(sample, part, epoch_kind, label, numbers)
