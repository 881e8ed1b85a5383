"""The artifact `predictions.csv`: one line an image, part and epoch kind; its format is in this file only.

Columns: sample, part (train, val, test), epoch_kind (final, best), label (the class's name), then one
probability a class, `p_<class name>`, and its log-odds, `log_odds_<class name>`, which go on telling images
apart where probabilities are 0 and 1. Files of earlier versions have no log-odds.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from tracker.errors import TrackingError
from tracker.records import EPOCH_KINDS, PARTS, PREDICTIONS, Prediction

_COLUMNS = ("sample", "part", "epoch_kind", "label")
_PROBABILITY, _LOG_ODDS = "p_", "log_odds_"


def predictions_csv(predictions: Sequence[Prediction]) -> str:
    """Write predictions as text; the numbers come back exactly.

    Args:
        predictions: All with the same classes, in the same order, and all with log-odds or none.
    """
    classes = list(predictions[0].probabilities) if predictions else []
    with_odds = list(predictions[0].log_odds) if predictions else []
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    named = [*(_PROBABILITY + name for name in classes), *(_LOG_ODDS + name for name in with_odds)]
    writer.writerow([*_COLUMNS, *named])
    for row in predictions:
        numbers = [
            *(row.probabilities[name] for name in classes),
            *(row.log_odds[name] for name in with_odds),
        ]
        written = (repr(float(number)) for number in numbers)
        writer.writerow([row.sample, row.part, row.epoch_kind, row.label, *written])
    return text.getvalue()


def parse_predictions(text: str) -> list[Prediction]:
    """Read what `predictions_csv` wrote.

    Args:
        text: The whole file.

    Raises:
        TrackingError: It is not such a file.
    """
    try:
        header, *rows = list(csv.reader(io.StringIO(text, newline=""))) or [[]]
        columns = header[len(_COLUMNS) :]
        if tuple(header[: len(_COLUMNS)]) != _COLUMNS:
            raise ValueError(f"the columns are {', '.join(header)}")
        return [_prediction(row, columns) for row in rows]
    except (ValueError, csv.Error) as error:
        raise TrackingError(
            f"{PREDICTIONS} must have the columns {', '.join(_COLUMNS)} and p_<class>",
            but=str(error),
            do="Run the arm again, or leave the run out.",
        ) from None


def _prediction(row: Sequence[str], columns: Sequence[str]) -> Prediction:
    sample, part, epoch_kind, label, *written = row
    if part not in PARTS or epoch_kind not in EPOCH_KINDS:
        raise ValueError(f"{sample} is in part {part!r}, epoch kind {epoch_kind!r}")
    numbers = dict(zip(columns, map(float, written), strict=True))
    probabilities, log_odds = (
        {name.removeprefix(kind): number for name, number in numbers.items() if name.startswith(kind)}
        for kind in (_PROBABILITY, _LOG_ODDS)
    )
    return Prediction(sample, part, epoch_kind, label, probabilities, log_odds)
